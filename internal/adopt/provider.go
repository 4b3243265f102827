package adopt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// session calls the provider in this process.
type session struct {
	server  tfprotov6.ProviderServer
	schemas *tfprotov6.GetProviderSchemaResponse
}

// connect configures the provider. Values that are not given are null, so that the provider uses its
// defaults.
func connect(ctx context.Context, server tfprotov6.ProviderServer, config map[string]string) (*session, error) {
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, fmt.Errorf("read the provider's schema: %w", err)
	}
	s := &session{server: server, schemas: schemas}
	kind, ok := schemas.Provider.ValueType().(tftypes.Object)
	if !ok {
		return nil, errors.New("the provider's configuration is not an object")
	}
	values := map[string]tftypes.Value{}
	for name, of := range kind.AttributeTypes {
		values[name] = tftypes.NewValue(of, nil)
		if text := config[name]; text != "" {
			values[name] = tftypes.NewValue(of, text)
		}
	}
	given, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, values))
	if err != nil {
		return nil, fmt.Errorf("encode the provider's configuration: %w", err)
	}
	configured, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: &given})
	if err != nil {
		return nil, fmt.Errorf("configure the provider: %w", err)
	}
	return s, failures(configured.Diagnostics)
}

// failures returns the errors among diagnostics.
func failures(diagnostics []*tfprotov6.Diagnostic) error {
	var all []error
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			all = append(all, fmt.Errorf("%s: %s", d.Summary, strings.TrimSpace(d.Detail)))
		}
	}
	return errors.Join(all...)
}

// configuration imports an object and generates its configuration: the non-null arguments by name, as Go
// values; see plain. warnings lists what the configuration cannot express, according to the provider.
func (s *session) configuration(ctx context.Context, kind, id string) (config map[string]any, warnings []string, err error) {
	imported, err := s.server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: kind, ID: id})
	if err != nil {
		return nil, nil, fmt.Errorf("import %s %s: %w", kind, id, err)
	}
	if err := failures(imported.Diagnostics); err != nil {
		return nil, nil, err
	}
	if len(imported.ImportedResources) != 1 {
		return nil, nil, fmt.Errorf("import %s %s: got %d objects", kind, id, len(imported.ImportedResources))
	}
	one := imported.ImportedResources[0]
	read, err := s.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: kind, CurrentState: one.State, Private: one.Private, CurrentIdentity: one.Identity,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	if err := failures(read.Diagnostics); err != nil {
		return nil, nil, err
	}
	generated, err := s.server.GenerateResourceConfig(ctx, &tfprotov6.GenerateResourceConfigRequest{TypeName: kind, State: read.NewState})
	if err != nil {
		return nil, nil, fmt.Errorf("generate the configuration of %s %s: %w", kind, id, err)
	}
	if err := failures(generated.Diagnostics); err != nil {
		return nil, nil, err
	}
	for _, d := range append(imported.Diagnostics, read.Diagnostics...) {
		warnings = append(warnings, d.Summary+". "+d.Detail)
	}
	object, err := generated.Config.Unmarshal(s.schemas.ResourceSchemas[kind].ValueType())
	if err != nil {
		return nil, nil, fmt.Errorf("decode the configuration of %s %s: %w", kind, id, err)
	}
	decoded, err := plain(object)
	if err != nil {
		return nil, nil, fmt.Errorf("decode the configuration of %s %s: %w", kind, id, err)
	}
	config, ok := decoded.(map[string]any)
	if !ok { // the object was deleted since it was listed
		return nil, warnings, nil
	}
	return config, warnings, nil
}

// plain converts a value to JSON types. It omits null attributes of objects.
func plain(value tftypes.Value) (any, error) {
	if value.IsNull() || !value.IsKnown() {
		return nil, nil
	}
	switch kind := value.Type(); {
	case kind.Is(tftypes.String):
		var text string
		err := value.As(&text)
		return text, err //nolint:wrapcheck // cannot be
	case kind.Is(tftypes.Bool):
		var is bool
		err := value.As(&is)
		return is, err //nolint:wrapcheck // cannot be
	case kind.Is(tftypes.Number):
		number := new(big.Float)
		err := value.As(&number)
		return json.Number(number.Text('f', -1)), err //nolint:wrapcheck // cannot be
	case kind.Is(tftypes.List{}), kind.Is(tftypes.Set{}), kind.Is(tftypes.Tuple{}):
		return plainList(value, kind.Is(tftypes.Set{}))
	default:
		return plainObject(value)
	}
}

func plainList(value tftypes.Value, isSet bool) (any, error) {
	var elements []tftypes.Value
	if err := value.As(&elements); err != nil {
		return nil, err //nolint:wrapcheck // cannot be
	}
	all := make([]any, 0, len(elements))
	for _, e := range elements {
		decoded, err := plain(e)
		if err != nil {
			return nil, err
		}
		all = append(all, decoded)
	}
	if isSet {
		slices.SortFunc(all, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return all, nil
}

func plainObject(value tftypes.Value) (any, error) {
	entries := map[string]tftypes.Value{}
	if err := value.As(&entries); err != nil {
		return nil, err //nolint:wrapcheck // cannot be
	}
	all := map[string]any{}
	for name, e := range entries {
		decoded, err := plain(e)
		if err != nil {
			return nil, err
		}
		if decoded != nil {
			all[name] = decoded
		}
	}
	return all, nil
}
