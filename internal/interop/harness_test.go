package interop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/acctest"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/process"
)

// patience limits every wait. A passing test never reaches it.
const patience = 5 * time.Minute

// guard ends what the tests have started, however they end. TestMain makes it.
var guard *process.Guard

func TestMain(m *testing.M) {
	if os.Getenv("PREFECT_INTEROP") == "" {
		os.Exit(m.Run()) // every test is skipped
	}
	var err error
	if guard, err = process.NewGuard(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = guard.Close()
	os.Exit(code)
}

// build is the directory of what was built, in which bin/ has the provider and
// prefect-venv/ Prefect; the test is skipped without.
func build(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PREFECT_INTEROP")
	if dir == "" {
		t.Skip("PREFECT_INTEROP is not set; `make interop` installs Prefect 1.4.1 and sets it")
	}
	return dir
}

// testdata is the absolute path of a file of this package's testdata.
func testdata(t *testing.T, elements ...string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(append([]string{"testdata"}, elements...)...))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// user is somebody at a shell of this machine who has configured nothing but the
// Server's address. The home directory is the user's own.
type user struct {
	t    *testing.T
	bin  string
	home string
	env  map[string]string
}

func newUser(t *testing.T, server *acctest.PrefectServer) *user {
	t.Helper()
	u := &user{t: t, bin: filepath.Join(build(t), "prefect-venv", "bin"), home: t.TempDir()}
	u.env = map[string]string{
		"HOME": u.home, "TMPDIR": u.home, "LANG": "C.UTF-8", "COLUMNS": "200",
		"PATH":                    u.bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1",
		"PREFECT__BACKEND": "server", "PREFECT__CLOUD__API": server.API,
		"PREFECT__CLOUD__LOGGING_HEARTBEAT": "1",
	}
	return u
}

// with is the same user with further variables, as NAME=VALUE.
func (u *user) with(variables ...string) *user {
	other := *u
	other.env = maps.Clone(u.env)
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		other.env[name] = value
	}
	return &other
}

// command is a program that runs, or has run.
type command struct {
	u      *user
	words  string
	output string
	p      *process.Process
}

// start starts one of Prefect's programs, or another by its absolute path.
func (u *user) start(program string, arguments ...string) *command {
	u.t.Helper()
	file, err := os.CreateTemp(u.home, "output-")
	if err != nil {
		u.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	path := program
	if !filepath.IsAbs(path) {
		path = filepath.Join(u.bin, program)
	}
	spec := process.Spec{Path: path, Args: arguments, Dir: u.home, Output: file, Guard: guard}
	for name, value := range u.env {
		spec.Env = append(spec.Env, name+"="+value)
	}
	// Not the test's own context: what runs is stopped by a clean-up, which can
	// still say how it ended.
	p, err := process.Start(context.WithoutCancel(u.t.Context()), spec)
	if err != nil {
		u.t.Fatal(err)
	}
	c := &command{u: u, words: program + " " + strings.Join(arguments, " "), output: file.Name(), p: p}
	u.t.Cleanup(func() {
		p.Stop(5 * time.Second)
		if u.t.Failed() {
			u.t.Logf("$ %s\n%s", c.words, tail(c.text(), 60))
		}
	})
	return c
}

// text is what the program has written so far.
func (c *command) text() string {
	data, err := os.ReadFile(c.output)
	if err != nil {
		c.u.t.Error(err)
	}
	return string(data)
}

// wait waits for the program's end and returns its exit code.
func (c *command) wait() int {
	c.u.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.p.Done():
	case <-timer.C:
		c.u.t.Fatalf("%s still runs after %s:\n%s", c.words, patience, tail(c.text(), 40))
	}
	return exitCode(c.p.Err())
}

// stillRuns fails the test if the program has ended, so that nobody waits for it
// in vain.
func (c *command) stillRuns() {
	c.u.t.Helper()
	select {
	case <-c.p.Done():
		c.u.t.Fatalf("%s ended with exit code %d:\n%s", c.words, exitCode(c.p.Err()), tail(c.text(), 40))
	default:
	}
}

// interrupt is Ctrl-C.
func (c *command) interrupt() {
	c.u.t.Helper()
	if err := c.p.Signal(syscall.SIGINT); err != nil {
		c.u.t.Fatal(err)
	}
}

func exitCode(err error) int {
	var exit *process.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ShellCode()
	default:
		return -1
	}
}

// prefect runs `prefect` with arguments that must succeed and returns its output.
func (u *user) prefect(arguments ...string) string {
	u.t.Helper()
	output, code := u.try(arguments...)
	if code != 0 {
		u.t.Fatalf("prefect %s: exit code %d\n%s", strings.Join(arguments, " "), code, output)
	}
	return output
}

// try runs `prefect` and returns its output and exit code.
func (u *user) try(arguments ...string) (string, int) {
	u.t.Helper()
	c := u.start("prefect", arguments...)
	code := c.wait()
	return c.text(), code
}

// python runs a script of testdata.
func (u *user) python(script string, arguments ...string) string {
	u.t.Helper()
	c := u.start("python", append([]string{testdata(u.t, script)}, arguments...)...)
	if code := c.wait(); code != 0 {
		u.t.Fatalf("%s: exit code %d\n%s", c.words, code, tail(c.text(), 40))
	}
	return c.text()
}

// agent is `prefect agent kubernetes start`.
type agent struct {
	*command
	address string
}

// agent starts the real Kubernetes agent for a namespace and waits until it polls. The test wakes it up constantly
// through the agent's own address, because an idle agent polls only every ten seconds.
func (u *user) agent(cluster *acctest.KubernetesCluster, arguments ...string) *agent {
	u.t.Helper()
	a := &agent{address: freeAddress(u.t)}
	all := append([]string{
		"agent", "kubernetes", "start", "--namespace", cluster.Namespace, "--agent-address", "http://" + a.address,
	}, arguments...)
	a.command = u.with("KUBECONFIG="+cluster.Kubeconfig).start("prefect", all...)
	eventually(u.t, "the agent to answer", func() (bool, string) {
		a.stillRuns()
		err := a.ask(u.t.Context(), "health")
		return err == nil, fmt.Sprint(err)
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(u.t.Context()))
	var poking sync.WaitGroup
	poking.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = a.ask(ctx, "poke") // the wait for the agent notices that it has ended
			case <-ctx.Done():
				return
			}
		}
	})
	u.t.Cleanup(func() {
		cancel()
		poking.Wait()
	})
	return a
}

func (a *agent) ask(ctx context.Context, what string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.address+"/api/"+what, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

// freeAddress is an address of the loopback interface that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// eventually waits until a condition holds; is also returns what there was instead.
func eventually(t *testing.T, what string, is func() (bool, string)) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		ok, instead := is()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited %s in vain for %s: %s", patience, what, instead)
		}
	}
}

// says fails the test unless a text has all of the parts, in this order.
func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("the output does not say %q (in this order: %q):\n%s", part, parts, tail(text, 60))
		}
		rest = after
	}
}

// find is the first group of a pattern's first match.
func find(t *testing.T, text, pattern string) string {
	t.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if match == nil {
		t.Fatalf("the output does not match %s:\n%s", pattern, tail(text, 60))
	}
	return match[1]
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(all) > lines {
		all = append([]string{"..."}, all[len(all)-lines:]...)
	}
	return strings.Join(all, "\n")
}
