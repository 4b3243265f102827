package adopt

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names of the files that do not belong to one project.
const (
	providerFile  = "provider.tf"
	importsFile   = "imports.tf"
	variablesFile = "variables.tf"
	secretsFile   = "secrets.auto.tfvars"
)

const aboutImports = "# Delete this file once the imports have been applied.\n"

const aboutSecrets = "# Secrets of the Server's hooks. Keep this file out of version control, and move the values to your secret store.\n"

// result writes all files.
func (w *writer) result() (*Result, error) {
	texts := map[string]*strings.Builder{}
	to := func(file string) *strings.Builder {
		if texts[file] == nil {
			texts[file] = &strings.Builder{}
		} else {
			texts[file].WriteString("\n")
		}
		return texts[file]
	}
	to(providerFile).WriteString(w.provider())
	for _, o := range w.objects {
		if o.config == nil {
			continue
		}
		to(o.file).WriteString(w.resource(o))
		imports := to(importsFile)
		if imports.Len() == 0 {
			imports.WriteString(aboutImports + "\n")
		}
		imports.WriteString(block("import", []attribute{{"to", expression(o.kind + "." + o.label)}, {"id", o.importID()}}))
		w.count(o.kind)
	}
	w.writeSecrets(to)
	for file, text := range texts {
		w.out.Files[file] = []byte(text.String())
	}
	slices.Sort(w.out.Warnings)
	w.out.Warnings = slices.Compact(w.out.Warnings)
	return &w.out, nil
}

// importID is the id of an import block. That of a flow says which file it is in, so that the state does not take the flow up.
func (o *object) importID() any {
	if o.document == "" {
		return o.id
	}
	return expression(strings.TrimSuffix(quote(o.id), `"`) + "?flow_file=${path.module}/" + o.document + `"`)
}

func (w *writer) count(kind string) {
	switch kind {
	case "prefect_project":
		w.out.Projects++
	case "prefect_flow":
		w.out.Flows++
	case "prefect_flow_group":
		w.out.FlowGroups++
	case "prefect_cloud_hook":
		w.out.CloudHooks++
	}
}

// provider returns the file with the provider block.
func (w *writer) provider() string {
	configuration := []attribute{{"tenant", w.found.tenant.Slug}}
	if w.options.Endpoint != "" {
		configuration = []attribute{{"endpoint", w.options.Endpoint}, {"tenant", w.found.tenant.Slug}}
	}
	return "terraform {\n  required_providers {\n    prefect = {\n      source = \"prefect-server/prefect\"\n    }\n  }\n}\n\n" +
		block(`provider "prefect"`, configuration)
}

// resource returns a resource block, with references and readable JSON.
func (w *writer) resource(o *object) string {
	attributes := make([]attribute, 0, len(o.config))
	for name, v := range o.config {
		if text, ok := v.(string); ok {
			v = w.reference(name, text)
		}
		attributes = append(attributes, attribute{name, readable(name, v)})
	}
	order(attributes)
	return block(fmt.Sprintf("resource %q %q", o.kind, o.label), attributes)
}

// reference returns the reference for the id of an object that is also written, else the id.
func (w *writer) reference(name, id string) any {
	switch name {
	case "project_id":
		if to, ok := w.projects[id]; ok {
			return to
		}
	case "version_group_id":
		if to, ok := w.flows[id]; ok {
			return to
		}
	}
	return id
}

// documents returns the arguments that contain JSON.
func documents() []string {
	return []string{"default_parameters", "parameter_defaults", "job_template"}
}

// readable converts JSON texts to calls of jsonencode.
func readable(name string, v any) any {
	switch v := v.(type) {
	case string:
		if slices.Contains(documents(), name) {
			return asJSON(v)
		}
	case map[string]any:
		for inner, e := range v {
			v[inner] = readable(inner, e)
		}
	case []any:
		for i, e := range v {
			v[i] = readable("", e)
		}
	}
	return v
}

// writeSecrets declares the variables and sets their values.
func (w *writer) writeSecrets(to func(string) *strings.Builder) {
	if len(w.variables) == 0 {
		return
	}
	values := make([]attribute, 0, len(w.variables))
	for _, name := range slices.Sorted(maps.Keys(w.variables)) {
		to(variablesFile).WriteString(block(fmt.Sprintf("variable %q", name), []attribute{
			{"type", expression("string")}, {"ephemeral", true}, {"sensitive", true},
		}))
		values = append(values, attribute{name, w.variables[name]})
	}
	text := to(secretsFile)
	text.WriteString(aboutSecrets)
	writeBody(text, values, "")
	w.out.Secret = append(w.out.Secret, secretsFile)
}

// Write writes the files to a directory. It overwrites nothing: if one of them exists, it writes none. Only
// the user can read a file with secrets.
func (r *Result) Write(dir string) error {
	var exist []string
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
			exist = append(exist, name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("look for %s: %w", name, err)
		}
	}
	if len(exist) > 0 {
		return fmt.Errorf("%s already has %s, which would be overwritten; choose another directory with -out", dir, some(exist))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // an ordinary directory of a configuration
			return fmt.Errorf("make the directory of %s: %w", name, err)
		}
		mode := fs.FileMode(0o644)
		if slices.Contains(r.Secret, name) {
			mode = 0o600
		}
		if err := os.WriteFile(file, r.Files[name], mode); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// some lists the first of many names.
func some(names []string) string {
	if len(names) <= 3 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more files", strings.Join(names[:3], ", "), len(names)-3)
}
