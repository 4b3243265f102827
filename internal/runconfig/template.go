package runconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v2"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// errTemplate means that a job template is not an object.
var errTemplate = errors.New("not a job template")

// localTemplate says whether the 1.x client reads a template path itself, as
// opposed to leaving it to the agent: paths without a scheme, and those with
// the scheme file or local.
func localTemplate(path string) bool {
	_, local := localPath(path)
	return local
}

func localPath(path string) (string, bool) {
	if filepath.VolumeName(path) != "" {
		return path, true
	}
	scheme, rest, found := strings.Cut(path, "://")
	if !found {
		return path, true
	}
	switch strings.ToLower(scheme) {
	case "file", "local":
		return rest, true
	}
	return "", false
}

// readTemplate reads a local job template, YAML or JSON, and returns it as
// canonical JSON.
func readTemplate(path string) (framework.JSON, error) {
	file, _ := localPath(path)
	data, err := os.ReadFile(file) //nolint:gosec // reading the file that the configuration names is the purpose
	if err != nil {
		return framework.JSONNull(), fmt.Errorf("read job template: %w", err)
	}
	template, err := decodeTemplate(data)
	if err != nil {
		return framework.JSONNull(), fmt.Errorf("read job template %s: %w", path, err)
	}
	return framework.JSONOf(template)
}

// templateRemedy says what to do about an error of readTemplate.
func templateRemedy(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "The file must exist when Terraform plans. Relative paths start at the directory that Terraform runs in; " +
			"use \"${path.module}/...\" for a file of the module. For a template that the same apply creates, use `job_template`."
	}
	return "Give a file that holds one Job, in YAML or JSON."
}

// decodeTemplate decodes a job template, JSON or YAML, to the values that
// Python's loaders make of it.
func decodeTemplate(data []byte) (map[string]any, error) {
	value, err := serialization.Decode(data)
	if err != nil {
		var node any
		if err := yaml.UnmarshalStrict(data, &node); err != nil {
			return nil, fmt.Errorf("%w: neither JSON nor YAML: %w", errTemplate, err)
		}
		if value, err = fromYAML(node); err != nil {
			return nil, err
		}
	}
	template, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: it must be an object with apiVersion, kind and spec", errTemplate)
	}
	return template, nil
}

// fromYAML converts what the YAML decoder makes to what serialization.Decode
// would, keeping whole and fractional numbers apart as Python does.
func fromYAML(node any) (any, error) {
	switch v := node.(type) {
	case nil, bool, string, float64:
		return v, nil
	case int:
		return json.Number(strconv.Itoa(v)), nil
	case int64:
		return json.Number(strconv.FormatInt(v, 10)), nil
	case uint64:
		return json.Number(strconv.FormatUint(v, 10)), nil
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			value, err := fromYAML(e)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		return out, nil
	case map[any]any:
		out := make(map[string]any, len(v))
		for key, e := range v {
			value, err := fromYAML(e)
			if err != nil {
				return nil, err
			}
			name, ok := key.(string)
			if !ok {
				return nil, fmt.Errorf("%w: the key %v is not a string; put it in quotes", errTemplate, key)
			}
			out[name] = value
		}
		return out, nil
	}
	return nil, fmt.Errorf("%w: YAML values of type %T have no JSON form", errTemplate, node)
}
