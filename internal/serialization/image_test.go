package serialization_test

import (
	"strings"
	"testing"

	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

func TestImageReferences(t *testing.T) {
	t.Parallel()
	digest := "@sha256:" + strings.Repeat("0f", 32)
	for image, says := range map[string]string{
		"etl": "", "prefecthq/prefect:1.4.1": "", "registry.example.com:5000/a/b_c/d-e__f:V1.2_x": "", "localhost/etl": "",
		"[::1]:5000/etl": "", "Host.example.com/etl": "", "etl" + digest: "", "etl:1" + digest: "",
		"https://registry.example.com/etl:1": "Remove the scheme: registry.example.com/etl:1",
		"docker://etl":                       "Remove the scheme: etl",
		"my image":                           "white space",
		"etl:1 ":                             "white space",
		"registry.example.com/Etl":           "lower case",
		"etl:":                               "host, path and tag",
		"etl:a b":                            "white space",
		"etl@sha256:12":                      "host, path and tag",
		"registry.example.com//etl":          "host, path and tag",
	} {
		problems := serialization.Problems(serialization.KubernetesRun{Image: &image}.Validate())
		switch {
		case says == "" && len(problems) > 0:
			t.Errorf("%q is refused: %v", image, problems)
		case says != "" && (len(problems) != 1 || !strings.Contains(problems[0].Error()+problems[0].Remedy, says)):
			t.Errorf("%q: got %v, want %q", image, problems, says)
		}
	}
}
