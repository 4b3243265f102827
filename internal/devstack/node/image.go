package node

import (
	"cmp"
	"regexp"
	"strings"
)

// imageReference is the grammar of image references: an optional registry, a
// path in lower case, an optional tag and an optional digest.
var imageReference = regexp.MustCompile(`^` +
	`(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?/)?` +
	`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*` +
	`(?::[\w][\w.-]{0,127})?` +
	`(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`)

func validImage(image string) bool { return imageReference.MatchString(image) }

// invalidImage says why a reference is invalid, as containerd's grammar has it.
func invalidImage(image string) string {
	const invalid = "invalid reference format"
	first, rest, hasPath := strings.Cut(image, "/")
	if !hasPath || (!strings.ContainsAny(first, ".:") && first != "localhost" && strings.ToLower(first) == first) {
		rest = image // the first part is no registry
	}
	if name, _, _ := strings.Cut(rest, ":"); strings.ToLower(name) != name {
		return invalid + ": repository name (" + name + ") must be lowercase"
	}
	return invalid
}

// present reports whether the node has an image. It has all images, except those of registries that cannot exist.
func present(image string) bool {
	host, _, hasPath := strings.Cut(image, "/")
	if !hasPath {
		return true
	}
	host, _, _ = strings.Cut(host, ":")
	return host != "invalid" && !strings.HasSuffix(host, ".invalid")
}

// pullError is the text of a failed pull.
func pullError(image string) string {
	host, path, _ := strings.Cut(image, "/")
	name, _, _ := strings.Cut(host, ":")
	repository, tag, _ := strings.Cut(path, ":")
	tag = cmp.Or(tag, "latest")
	return `failed to pull and unpack image "` + image + `": failed to resolve reference "` + image +
		`": failed to do request: Head "https://` + host + `/v2/` + repository + `/manifests/` + tag + `": dial tcp: lookup ` + name + `: no such host`
}
