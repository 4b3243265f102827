package jobspec

import (
	"cmp"
	"fmt"
	"strings"
)

// flowImage returns the flow container's image, from the first of: Docker storage, run configuration,
// template, Prefect's own image for the flow's version.
func flowImage(run Run, config runConfig, fromTemplate any) (string, error) {
	kind, ok := run.Storage["type"].(string)
	if !ok {
		return "", &Error{Kind: ErrStorage, Path: "storage", Problem: "the flow has no storage, so its run cannot load it"}
	}
	if kind == "Docker" {
		return dockerImage(run.Storage)
	}
	if config.image != nil {
		return *config.image, nil
	}
	switch v := fromTemplate.(type) {
	case string:
		return v, nil
	case nil:
	default:
		return "", &Error{Kind: ErrTemplate, Path: "spec.template.spec.containers[0].image", Problem: fmt.Sprintf("an image must be a string, not %T", v)}
	}
	version, _, _ := strings.Cut(cmp.Or(run.CoreVersion, "latest"), "+")
	return "prefecthq/prefect:" + version, nil
}

// dockerImage returns the image of Docker storage; registry and name are joined as a path.
func dockerImage(storage map[string]any) (string, error) {
	name, hasName := storage["image_name"].(string)
	tag, hasTag := storage["image_tag"].(string)
	if !hasName || !hasTag {
		return "", &Error{Kind: ErrStorage, Path: "storage", Problem: "Docker storage is missing required fields image_name and image_tag"}
	}
	registry, _ := storage["registry_url"].(string)
	if !strings.HasPrefix(name, "/") {
		name = registry + "/" + name
		if registry == "" {
			name = name[1:]
		}
	}
	var parts []string
	for p := range strings.SplitSeq(name, "/") {
		if p != "" && p != "." {
			parts = append(parts, p)
		}
	}
	root := ""
	if strings.HasPrefix(name, "/") {
		root = "/"
	}
	return root + strings.Join(parts, "/") + ":" + tag, nil
}
