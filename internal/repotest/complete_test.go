package repotest_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// anything is the variable of any type that stands for what a piece leaves out.
// Terraform does not know its value when it validates.
const anything = "var.anything"

// oneOf are arguments for a resource of which one of several is required.
var oneOf = map[string]string{
	"prefect_flow":       "flow_json = " + anything,
	"prefect_flow_run":   "flow_id = " + anything,
	"prefect_cloud_hook": `webhook = { url = "https://example.com" }`,
}

// module is what a module of the repository takes and gives.
type module struct {
	required, inputs, outputs []string
	// keys are those of outputs that are objects, whose values Terraform does not
	// know when it validates.
	keys map[string][]string
}

// library is what a configuration can name.
type library struct {
	schemas *tfprotov6.GetProviderSchemaResponse
	modules map[string]module
	// minor is the second number of the version of Terraform that validates. Before
	// 1.14 it knows neither actions nor lists, which another test compares with the
	// schemas.
	minor int
}

// edit replaces a range of the source.
type edit struct {
	from, to int
	text     string
}

// completion makes a configuration of a piece of HCL.
type completion struct {
	library
	fragment bool
	source   string
	edits    []edit
	// declared are addresses such as var.x or prefect_flow.etl.
	declared map[string]bool
	needed   map[string]bool
	// providers are the provider blocks, by their aliases. Terraform does not look
	// at one that nothing uses.
	providers []string
	// callers is set if an action asks for its caller, so that a trigger may name one that is left out.
	callers bool
	wrong   error
}

// complete gives a configuration that Terraform can validate with the provider
// under development alone: a piece and the declarations that it relies on.
// Modules are replaced by stubs of theirs, in stubs/NAME, that have the same
// inputs and outputs; what other providers declare is left out, and its values
// are unknown.
func (l library) complete(b block) (piece, rest string, err error) {
	c := completion{library: l, fragment: b.fragment, source: b.hcl, declared: map[string]bool{}, needed: map[string]bool{}}
	if b.of != "" {
		c.source = b.of + " {\n" + b.hcl + "}\n"
	}
	file, diags := hclsyntax.ParseConfig([]byte(c.source), b.name(), hcl.InitialPos)
	if diags.HasErrors() {
		return "", "", fmt.Errorf("not HCL: %w", diags)
	}
	body, _ := file.Body.(*hclsyntax.Body)
	for name := range body.Attributes {
		return "", "", fmt.Errorf("%s is set outside a block; put <!-- fragment of BLOCK --> before the code, with the opening line of the block", name)
	}
	var kept []*hclsyntax.Block
	for _, inner := range body.Blocks {
		c.callers = c.callers || inner.Type == "action" && c.asksCaller(inner)
	}
	for _, inner := range body.Blocks {
		if c.ours(inner) {
			c.declare(inner)
			kept = append(kept, inner)
		} else {
			c.cut(inner.Range())
		}
	}
	for _, inner := range kept {
		if err := c.block(inner); err != nil {
			return "", "", err
		}
	}
	return c.edited(), c.declarations(), c.wrong
}

// ours says whether a block can be validated without other providers.
func (c *completion) ours(b *hclsyntax.Block) bool {
	switch b.Type {
	case "resource", "data", "ephemeral":
		return known(b.Labels[0])
	case "list":
		return c.minor >= 14 && known(b.Labels[0])
	case "action":
		return c.minor >= 14 && known(b.Labels[0]) && (c.minor >= 16 || !c.asksCaller(b))
	case "action_trigger":
		return c.minor >= 16 || c.minor >= 14 && !c.callers
	case "provider":
		return b.Labels[0] == "prefect"
	}
	return true
}

// asksCaller says whether an action asks what triggers it, which Terraform 1.16 is the first to tell.
func (c *completion) asksCaller(b *hclsyntax.Block) bool {
	return strings.Contains(c.source[b.Range().Start.Byte:b.Range().End.Byte], "caller.")
}

// known says whether a type is the provider's, or of Terraform itself.
func known(kind string) bool {
	return strings.HasPrefix(kind, "prefect_") || strings.HasPrefix(kind, "terraform_")
}

func (c *completion) declare(b *hclsyntax.Block) {
	switch b.Type {
	case "resource":
		c.declared[b.Labels[0]+"."+b.Labels[1]] = true
	case "data", "ephemeral", "action":
		c.declared[b.Type+"."+b.Labels[0]+"."+b.Labels[1]] = true
	case "variable":
		c.declared["var."+b.Labels[0]] = true
	case "module":
		c.declared["module."+b.Labels[0]] = true
	case "locals":
		for name := range b.Body.Attributes {
			c.declared["local."+name] = true
		}
	}
}

func (c *completion) block(b *hclsyntax.Block) error {
	switch b.Type {
	case "terraform":
		c.onlyPrefect(b)
		return nil
	case "provider":
		name := "prefect"
		if alias := b.Body.Attributes["alias"]; alias != nil {
			name += "." + strings.Trim(c.source[alias.Expr.Range().Start.Byte:alias.Expr.Range().End.Byte], `"`)
		}
		c.providers = append(c.providers, name)
	case "module":
		if err := c.module(b); err != nil {
			return err
		}
	case "resource", "data", "ephemeral":
		if c.fragment {
			c.fill(b, c.missing(b.Type, b.Labels[0], b.Body.Attributes))
		}
	case "import":
		if to := b.Body.Attributes["to"]; to != nil && len(to.Expr.Variables()) > 0 {
			c.need(to.Expr.Variables()[0])
		}
		if identity := b.Body.Attributes["identity"]; identity != nil && c.minor < 12 { // OpenTofu has none
			c.edits = append(c.edits, edit{identity.Range().Start.Byte, identity.Range().End.Byte, `id = "an id"`})
		}
		return nil
	}
	c.references(b.Body)
	return nil
}

// onlyPrefect takes other providers' requirements away, and where the state is.
func (c *completion) onlyPrefect(b *hclsyntax.Block) {
	for _, inner := range b.Body.Blocks {
		if inner.Type == "backend" || inner.Type == "cloud" {
			c.cut(inner.Range())
		}
		for name, attribute := range inner.Body.Attributes {
			if inner.Type == "required_providers" && name != "prefect" {
				c.cut(attribute.Range())
			}
			c.declared["required_providers"] = c.declared["required_providers"] || inner.Type == "required_providers" && name == "prefect"
		}
	}
}

func (c *completion) module(b *hclsyntax.Block) error {
	source := b.Body.Attributes["source"]
	name := strings.ReplaceAll(b.Labels[0], "_", "-")
	if source != nil {
		value, diags := source.Expr.Value(nil)
		if diags.HasErrors() {
			return fmt.Errorf("the source of the module %s: %w", b.Labels[0], diags)
		}
		name = path.Base(strings.Split(value.AsString(), "?")[0])
	}
	m, ok := c.modules[name]
	if !ok {
		return fmt.Errorf("the repository has no module %s", name)
	}
	stub := fmt.Sprintf("%q", "./stubs/"+name)
	if source != nil {
		c.edits = append(c.edits, edit{source.Expr.Range().Start.Byte, source.Expr.Range().End.Byte, stub})
		if version := b.Body.Attributes["version"]; version != nil {
			c.cut(version.Range())
		}
	} else if c.fragment {
		c.fill(b, []string{"source = " + stub})
	}
	if providers := b.Body.Attributes["providers"]; providers != nil {
		c.cut(providers.Range())
	}
	if c.fragment {
		var missing []string
		for _, input := range m.required {
			if b.Body.Attributes[input] == nil {
				missing = append(missing, input+" = "+anything)
			}
		}
		c.fill(b, missing)
	}
	return nil
}

// missing are arguments for what is required, and not given.
func (c *completion) missing(kind, name string, given hclsyntax.Attributes) []string {
	schemas := c.schemas.ResourceSchemas
	if kind == "data" {
		schemas = c.schemas.DataSourceSchemas
	}
	schema := schemas[name]
	if schema == nil {
		return nil // Terraform says so
	}
	var missing []string
	for _, a := range schema.Block.Attributes {
		if a.Required && given[a.Name] == nil {
			missing = append(missing, a.Name+" = "+anything)
		}
	}
	argument := oneOf[name]
	if name == "prefect_flow" && given["flow_file"] != nil {
		argument = "" // instead of flow_json
	}
	if kind == "resource" && argument != "" && given[strings.Fields(argument)[0]] == nil && !slices.Contains(missing, argument) {
		missing = append(missing, argument)
	}
	return missing
}

// fill adds arguments at the end of a block.
func (c *completion) fill(b *hclsyntax.Block, arguments []string) {
	at := b.CloseBraceRange.Start.Byte
	c.edits = append(c.edits, edit{at, at, strings.Join(append([]string{""}, arguments...), "\n") + "\n"})
}

func (c *completion) cut(r hcl.Range) { c.edits = append(c.edits, edit{r.Start.Byte, r.End.Byte, ""}) }

// references notes what the expressions of a block refer to.
func (c *completion) references(body *hclsyntax.Body) {
	for name, attribute := range body.Attributes {
		if name == "providers" || name == "provider" || name == "source" {
			continue
		}
		for _, traversal := range attribute.Expr.Variables() {
			c.need(traversal)
		}
	}
	for _, inner := range body.Blocks {
		if c.ours(inner) {
			c.references(inner.Body)
		} else {
			c.cut(inner.Range())
		}
	}
}

// need notes the address that a traversal begins with. Objects of other
// providers are unknown.
func (c *completion) need(traversal hcl.Traversal) {
	var names []string
	for _, step := range traversal {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			names = append(names, step.Name)
		case hcl.TraverseAttr:
			names = append(names, step.Name)
		default:
			names = append(names, "")
		}
	}
	length := 2
	switch names[0] {
	case "path", "terraform", "each", "count", "self", "provider", "caller":
		return
	case "data", "ephemeral", "action":
		length = 3
	case "var", "local", "module":
	default:
		if !strings.Contains(names[0], "_") {
			return // an iterator, or a keyword as in ignore_changes
		}
	}
	if len(names) < length {
		return
	}
	if kind := names[length-2]; length == 3 && !known(kind) || names[0] != "var" && names[0] != "local" && names[0] != "module" && length == 2 && !known(kind) {
		from, to := traversal[0].SourceRange().Start.Byte, traversal[length-1].SourceRange().End.Byte
		c.edits = append(c.edits, edit{from, to, anything})
		return
	}
	c.needed[strings.Join(names[:length], ".")] = true
	if names[0] == "module" && len(names) > 3 {
		keys := c.modules[strings.ReplaceAll(names[1], "_", "-")].keys[names[2]]
		if len(keys) > 0 && names[3] != "" && !slices.Contains(keys, names[3]) {
			c.wrong = fmt.Errorf("module.%s.%s has no %s; it has %s", names[1], names[2], names[3], strings.Join(keys, ", "))
		}
	}
}

// declarations are those of what the piece refers to and does not declare.
func (c *completion) declarations() string {
	var out strings.Builder
	if !c.declared["required_providers"] {
		out.WriteString("terraform {\n  required_providers {\n    prefect = { source = \"prefect-server/prefect\" }\n  }\n}\n")
	}
	out.WriteString("variable \"anything\" {\n  type = any\n}\n")
	for i, name := range c.providers {
		fmt.Fprintf(&out, "data \"prefect_tenants\" \"uses_%d\" {\n  provider = %s\n}\n", i, name)
	}
	for _, address := range slices.Sorted(maps.Keys(c.needed)) {
		if c.declared[address] {
			continue
		}
		names := strings.Split(address, ".")
		switch names[0] {
		case "var":
			fmt.Fprintf(&out, "variable %q {\n  type = any\n}\n", names[1])
		case "local":
			fmt.Fprintf(&out, "locals {\n  %s = %s\n}\n", names[1], anything)
		case "module":
			out.WriteString(c.moduleStub(names[1]))
		case "data", "ephemeral":
			out.WriteString(stub(names[0], names[1], names[2], c.missing(names[0], names[1], nil)))
		case "action": // seen by newer versions of Terraform only
		default:
			out.WriteString(stub("resource", names[0], names[1], c.missing("resource", names[0], nil)))
		}
	}
	return out.String()
}

// moduleStub calls the module of the repository that a name is for, with
// everything it requires.
func (c *completion) moduleStub(name string) string {
	directory := strings.ReplaceAll(name, "_", "-")
	arguments := []string{fmt.Sprintf("source = %q", "./stubs/"+directory)}
	for _, input := range c.modules[directory].required {
		arguments = append(arguments, input+" = "+anything)
	}
	return fmt.Sprintf("module %q {\n%s\n}\n", name, strings.Join(arguments, "\n"))
}

func stub(kind, name, label string, arguments []string) string {
	if name == "terraform_remote_state" {
		arguments = []string{`backend = "local"`}
	}
	return fmt.Sprintf("%s %q %q {\n%s\n}\n", kind, name, label, strings.Join(arguments, "\n"))
}

// edited is the source with all edits. Of edits inside what another cuts, only
// the cut counts.
func (c *completion) edited() string {
	slices.SortStableFunc(c.edits, func(a, b edit) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.to - a.to
	})
	var out strings.Builder
	at := 0
	for _, e := range c.edits {
		if e.from < at {
			continue
		}
		out.WriteString(c.source[at:e.from] + e.text)
		at = e.to
	}
	return out.String() + c.source[at:]
}
