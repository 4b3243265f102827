//go:build unix

package demo

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fake is a Terraform that is a shell script.
func fake(t *testing.T, script string, options Options) *terraform {
	t.Helper()
	dir := t.TempDir()
	options.Terraform = filepath.Join(dir, "terraform")
	if err := os.WriteFile(options.Terraform, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	cli, err := newTerraform(options, dir, []string{"DIR=" + dir})
	if err != nil {
		t.Fatal(err)
	}
	return cli
}

// TestTerraformGetsOneInterrupt: a terminal sends Ctrl-C to the process group of
// this program, which Terraform must not be in, and this program sends one.
func TestTerraformGetsOneInterrupt(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	cli := fake(t, `trap 'echo interrupt >> "$DIR/interrupts"' INT
ps -o pgid= -p $$ > "$DIR/group.new"; mv "$DIR/group.new" "$DIR/group"
while [ ! -s "$DIR/interrupts" ]; do sleep 0.05; done
sleep 0.3
exit 1
`, Options{Out: &out})
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stopped := errors.New("stopped")
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(filepath.Join(cli.dir, "group")); err == nil {
				cancel(stopped)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if err := cli.apply(ctx); !errors.Is(err, stopped) {
		t.Errorf("got %v, want the cause", err)
	}
	interrupts, err := os.ReadFile(filepath.Join(cli.dir, "interrupts"))
	if err != nil || string(interrupts) != "interrupt\n" {
		t.Errorf("Terraform got %q (%v), want one interrupt", interrupts, err)
	}
	text, err := os.ReadFile(filepath.Join(cli.dir, "group"))
	if err != nil {
		t.Fatal(err)
	}
	if group, err := strconv.Atoi(strings.TrimSpace(string(text))); err != nil || group == syscall.Getpgrp() {
		t.Errorf("Terraform is in the process group %d (%v), which the terminal interrupts", group, err)
	}
}

func TestTerraformOutput(t *testing.T) {
	t.Parallel()
	const script = `cat <<'END'
  # prefect_project.a will be created
prefect_project.a: Creating...
prefect_project.a: Creation complete after 0s [id=1]

Apply complete! Resources: 1 added, 0 changed, 0 destroyed.
Outputs:
END
exit $FAILS
`
	const all = "  # prefect_project.a will be created"
	for name, row := range map[string]struct {
		show  bool
		fails string
		want  string
		not   string
	}{
		"quiet":  {fails: "0", want: "prefect_project.a: Creation complete", not: all},
		"failed": {fails: "1", want: all},
		"all":    {show: true, fails: "0", want: all},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			cli := fake(t, script, Options{Out: &out, ShowTerraform: row.show})
			cli.env = append(cli.env, "FAILS="+row.fails)
			if err := cli.apply(t.Context()); (err != nil) != (row.fails == "1") {
				t.Error(err)
			}
			if !strings.Contains(out.String(), row.want) || row.not != "" && strings.Contains(out.String(), row.not) {
				t.Errorf("got\n%s", &out)
			}
			if !row.show && row.fails == "0" && strings.Count(out.String(), "\n") != 2 {
				t.Errorf("got\n%s\nwant two lines", &out)
			}
		})
	}
}
