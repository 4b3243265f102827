package runconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/localfile"
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization/pyyaml"
)

// errTemplate means that a job template is not an object.
var errTemplate = errors.New("not a job template")

// localTemplate reports whether the 1.x client reads a template path itself instead of leaving it to the
// agent: paths without a scheme, or with the scheme file or local.
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
	data, err := localfile.Read(file, localfile.Template)
	if err != nil {
		return framework.JSONNull(), fmt.Errorf("read job template: %w", err)
	}
	template, err := decodeTemplate(data)
	if err != nil {
		return framework.JSONNull(), fmt.Errorf("read job template %s: %w", path, err)
	}
	return framework.JSONOf(template)
}

// templateRemedy returns the advice for an error of readTemplate.
func templateRemedy(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "The file must exist during plan. Relative paths start at Terraform's working directory; " +
			"use \"${path.module}/...\" for a file of the module. For a template that the same apply creates, use `job_template`."
	}
	return "Use a file of at most 4 MiB that contains one Job, in YAML or JSON."
}

// decodeTemplate reads a job template, YAML or JSON, as the client does.
func decodeTemplate(data []byte) (map[string]any, error) {
	value, err := pyyaml.Load(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errTemplate, err)
	}
	return templateObject(value)
}

// decodeInline reads the attribute job_template, which is JSON.
func decodeInline(text framework.JSON) (map[string]any, error) {
	value, err := text.Decode()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errTemplate, err)
	}
	return templateObject(value)
}

func templateObject(value any) (map[string]any, error) {
	template, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: it must be an object with apiVersion, kind and spec", errTemplate)
	}
	return template, nil
}
