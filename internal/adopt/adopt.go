package adopt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"golang.org/x/sync/errgroup"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/clientconfig"
)

// atOnce is how many objects are requested concurrently.
const atOnce = 4

// Options select what to write.
type Options struct {
	// Endpoint is the URL of the Server's API; Tenant is a slug or an id. Empty values come from the
	// environment and the files of the Prefect 1.x client, as for the provider.
	Endpoint, Tenant string
	// Projects lists the projects to write; none means all, including the hooks on all flows.
	Projects []string
	// Server is the unconfigured provider.
	Server tfprotov6.ProviderServer
}

// Result is the generated configuration.
type Result struct {
	// Files contains the texts of files by path, with slashes.
	Files map[string][]byte
	// Secret lists the paths of the files with secrets.
	Secret []string
	// Warnings lists what the configuration cannot express.
	Warnings []string

	Projects, Flows, FlowGroups, CloudHooks int
}

// Configuration generates the configuration for the objects on the Server.
func Configuration(ctx context.Context, options Options) (*Result, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // then the client has no files
	}
	config, err := clientconfig.Resolve(prefect.Config{Endpoint: options.Endpoint, Tenant: options.Tenant}, os.Getenv, home)
	if err != nil {
		return nil, fmt.Errorf("configure the client: %w", err)
	}
	client, err := prefect.New(config)
	if err != nil {
		return nil, fmt.Errorf("configure the client: %w", err)
	}
	session, err := connect(ctx, options.Server, map[string]string{"endpoint": options.Endpoint, "tenant": options.Tenant})
	if err != nil {
		return nil, err
	}
	found, err := take(ctx, client, options.Projects)
	if err != nil {
		return nil, err
	}
	w := newWriter(found, options)
	if err := w.ask(ctx, session); err != nil {
		return nil, err
	}
	return w.result()
}

// object is a resource to write.
type object struct {
	kind, label, id string
	// document is the file that a flow is in.
	document string
	// file is the file that contains it.
	file string
	// change completes the configuration that the provider generated; if it returns false, nothing is
	// written.
	change func(config map[string]any) (bool, error)

	config map[string]any
}

// writer collects what is written.
type writer struct {
	found   *inventory
	options Options
	objects []*object

	// projects and flows are references to resource ids, by project id and by version group.
	projects, flows map[string]expression
	variables       map[string]string // secrets by variable name

	mu  sync.Mutex
	out Result
}

func newWriter(found *inventory, options Options) *writer {
	w := &writer{
		found: found, options: options,
		projects: map[string]expression{}, flows: map[string]expression{}, variables: map[string]string{},
		out: Result{Files: map[string][]byte{}},
	}
	files := map[string]string{}
	labels := names{}
	folders := map[string]string{}
	folderNames := names{}
	for _, p := range found.projects {
		taken := labels.take(label(p.Name, "project"))
		files[p.ID], folders[p.ID] = "project_"+taken+".tf", folderNames.take(fileName(p.Name))
		w.projects[p.ID] = expression("prefect_project." + taken + ".id")
		w.objects = append(w.objects, &object{kind: "prefect_project", label: taken, id: p.ID, file: files[p.ID], change: noForce})
	}
	w.addFlows(files, folders)
	w.addHooks(files)
	return w
}

func noForce(config map[string]any) (bool, error) {
	delete(config, "force_destroy") // the default
	return true, nil
}

// addFlows adds the flows and their groups. A flow gets its own name if that is unique, else also its
// project's.
func (w *writer) addFlows(files, folders map[string]string) {
	same, twins := map[string]int{}, map[string]int{}
	for _, f := range w.found.flows {
		same[label(f.Name, "flow")]++
		twins[f.ProjectID+"/"+f.Name]++
	}
	labels, documents := names{}, names{}
	for _, f := range w.found.flows {
		name := label(f.Name, "flow")
		if same[name] > 1 {
			name = label(f.ProjectName, "project") + "_" + name
		}
		name = labels.take(name)
		document := path.Join("flows", folders[f.ProjectID], fileName(f.Name))
		document = documents.take(document) + ".json"
		w.flows[f.VersionGroupID] = expression("prefect_flow." + name + ".id")
		w.objects = append(w.objects,
			&object{kind: "prefect_flow", label: name, id: f.VersionGroupID, document: document, file: files[f.ProjectID], change: func(config map[string]any) (bool, error) {
				if twins[f.ProjectID+"/"+f.Name] > 1 { // the name alone is ambiguous
					config["version_group_id"] = f.VersionGroupID
				}
				return true, w.flow(config, document, len(f.Schedule) > 0)
			}},
			&object{kind: "prefect_flow_group", label: name, id: f.FlowGroupID, file: files[f.ProjectID], change: func(config map[string]any) (bool, error) {
				config["version_group_id"] = w.flows[f.VersionGroupID]
				return len(config) > 1, nil // a group with only defaults needs no resource
			}})
	}
}

// flow completes a flow's configuration and writes its document.
func (w *writer) flow(config map[string]any, document string, scheduled bool) error {
	text, ok := config["flow_json"].(string)
	if !ok {
		return errors.New("the flow has no document")
	}
	pretty, err := indented(text)
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.out.Files[document] = pretty
	w.mu.Unlock()
	delete(config, "flow_json")
	config["flow_file"] = expression(`"${path.module}/` + document + `"`)
	if config["deletion_policy"] == "archive" { // the default
		delete(config, "deletion_policy")
	}
	if active, _ := config["schedule_active"].(bool); !active && !scheduled {
		delete(config, "schedule_active") // there is no schedule
	}
	return nil
}

func (w *writer) addHooks(files map[string]string) {
	labels := names{}
	for _, h := range w.found.hooks {
		file, name := "hooks.tf", strings.ToLower(strings.Join(h.States, "_"))
		if h.VersionGroupID != nil {
			if at := slices.IndexFunc(w.found.flows, func(f prefect.Flow) bool { return f.VersionGroupID == *h.VersionGroupID }); at >= 0 {
				file, name = files[w.found.flows[at].ProjectID], w.found.flows[at].Name+"_"+name
			}
		}
		if h.Name != nil && label(*h.Name, "") != "" {
			name = *h.Name
		}
		taken := labels.take(label(name, "hook"))
		w.objects = append(w.objects, &object{kind: "prefect_cloud_hook", label: taken, id: h.ID, file: file, change: func(config map[string]any) (bool, error) {
			if config["active"] == true {
				delete(config, "active") // the default
			}
			return true, w.secrets(config, taken, h.Config)
		}})
	}
}

// secrets uses variables for write-only arguments, which the provider cannot generate: one with the suffix
// _wo for each with the suffix _wo_version. The Server itself returns the secrets.
func (w *writer) secrets(config map[string]any, hook string, stored json.RawMessage) error {
	var values map[string]any
	if err := json.Unmarshal(stored, &values); err != nil {
		return fmt.Errorf("decode the configuration of the hook: %w", err)
	}
	for _, nested := range config {
		receiver, ok := nested.(map[string]any)
		if !ok {
			continue
		}
		for name := range receiver {
			argument, versioned := strings.CutSuffix(name, "_wo_version")
			if !versioned {
				continue
			}
			variable := hook + "_" + argument
			w.mu.Lock()
			w.variables[variable] = fmt.Sprint(values[argument])
			w.mu.Unlock()
			receiver[argument+"_wo"] = expression("var." + variable)
		}
	}
	return nil
}

// ask makes the provider generate the configuration of all objects.
func (w *writer) ask(ctx context.Context, s *session) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, o := range w.objects {
		group.Go(func() error {
			config, warnings, err := s.configuration(ctx, o.kind, o.id)
			if err != nil {
				return err
			}
			w.mu.Lock()
			w.out.Warnings = append(w.out.Warnings, warnings...)
			w.mu.Unlock()
			if config == nil {
				return nil
			}
			delete(config, "tenant_id") // the provider's
			wanted, err := o.change(config)
			if err != nil {
				return fmt.Errorf("%s %q: %w", o.kind, o.label, err)
			}
			if wanted {
				o.config = config
			}
			return nil
		})
	}
	return group.Wait() //nolint:wrapcheck // wrapped above
}
