package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// unpack reads an archive: contents by name, and the headers.
func unpack(t *testing.T, content []byte) (map[string][]byte, map[string]*tar.Header) {
	t.Helper()
	contents, headers := map[string][]byte{}, map[string]*tar.Header{}
	archive := tar.NewReader(bytes.NewReader(content))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return contents, headers
		}
		if err != nil {
			t.Fatal(err)
		}
		member, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		contents[header.Name], headers[header.Name] = member, header
	}
}

func TestPack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, output := filepath.Join(dir, "root"), filepath.Join(dir, "image.tar")
	if err := os.MkdirAll(filepath.Join(root, "usr", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "usr", "bin", "flow"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("usr/bin", filepath.Join(root, "bin")); err != nil {
		t.Fatal(err)
	}
	o := options{name: "registry.example.com/flows/etl:1", root: root, output: output, entrypoint: `["tini", "--"]`, path: "/usr/bin"}
	if err := pack(o); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	members, _ := unpack(t, first)
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	if err := json.Unmarshal(members["manifest.json"], &manifest); err != nil || len(manifest) != 1 || len(manifest[0].Layers) != 1 {
		t.Fatalf("manifest: %s, %v", members["manifest.json"], err)
	}
	if !slices.Equal(manifest[0].RepoTags, []string{o.name}) {
		t.Errorf("tags: %v", manifest[0].RepoTags)
	}
	layer := members[manifest[0].Layers[0]]
	var config struct {
		OS, Architecture string
		Config           struct{ Entrypoint, Env []string }
		RootFS           struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal(members[manifest[0].Config], &config); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(layer)
	if want := "sha256:" + hex.EncodeToString(sum[:]); !slices.Equal(config.RootFS.DiffIDs, []string{want}) {
		t.Errorf("the layer's digest is %s, the configuration says %v", want, config.RootFS.DiffIDs)
	}
	if !slices.Equal(config.Config.Entrypoint, []string{"tini", "--"}) || !slices.Equal(config.Config.Env, []string{"PATH=/usr/bin"}) || config.OS != "linux" {
		t.Errorf("configuration: %+v", config)
	}
	files, headers := unpack(t, layer)
	if string(files["usr/bin/flow"]) != "#!/bin/sh\n" || headers["usr/bin/flow"].Mode != 0o755 || headers["usr/bin/flow"].Uid != 0 {
		t.Errorf("the program: %q, %+v", files["usr/bin/flow"], headers["usr/bin/flow"])
	}
	if h := headers["bin"]; h == nil || h.Typeflag != tar.TypeSymlink || h.Linkname != "usr/bin" {
		t.Errorf("the link: %+v", h)
	}

	if err := pack(o); err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(output)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("the same content makes another archive: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestPackRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, o := range map[string]options{
		"no name":     {root: dir, output: filepath.Join(dir, "x"), entrypoint: "[]"},
		"no root":     {name: "x:1", root: filepath.Join(dir, "none"), output: filepath.Join(dir, "x"), entrypoint: "[]"},
		"entry point": {name: "x:1", root: dir, output: filepath.Join(dir, "x"), entrypoint: "tini"},
	} {
		if err := pack(o); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
