// Command packimage packs a root file system as an archive for `docker load` and `ctr images import`, so that
// an image can be built without a registry or an image builder. The same content gives the same archive.
package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// options are the parts of an image.
type options struct {
	name, root, output string
	entrypoint         string
	path, dir          string
}

func main() {
	var o options
	flag.StringVar(&o.name, "name", "", "the image's `reference`, with registry and tag")
	flag.StringVar(&o.root, "root", "", "the `directory` to pack")
	flag.StringVar(&o.output, "o", "", "the `file` to write")
	flag.StringVar(&o.entrypoint, "entrypoint", "[]", "the entry point, as a `JSON` list")
	flag.StringVar(&o.path, "path", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PATH of the image's containers")
	flag.StringVar(&o.dir, "dir", "/", "the `directory` that the image's containers start in")
	flag.Parse()
	if err := pack(o); err != nil {
		fmt.Fprintln(os.Stderr, "packimage:", err)
		os.Exit(1)
	}
}

// pack writes the archive: the layer, the image's configuration, and the list of
// both.
func pack(o options) (err error) {
	if o.name == "" || o.root == "" || o.output == "" {
		return errors.New("-name, -root and -o are required")
	}
	var entrypoint []string
	if err := json.Unmarshal([]byte(o.entrypoint), &entrypoint); err != nil {
		return fmt.Errorf("read the entry point: %w", err)
	}
	layer, digest, err := packLayer(o.root, filepath.Dir(o.output))
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, layer.Close(), os.Remove(layer.Name()))
	}()
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "created": time.Unix(0, 0).UTC(),
		"config": map[string]any{"Entrypoint": entrypoint, "Env": []string{"PATH=" + o.path}, "WorkingDir": o.dir},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest}},
	})
	if err != nil {
		return fmt.Errorf("write the image's configuration: %w", err)
	}
	configSum := sha256.Sum256(config)
	configName, layerName := hex.EncodeToString(configSum[:])+".json", digest+"/layer.tar"
	manifest, err := json.Marshal([]any{map[string]any{"Config": configName, "RepoTags": []string{o.name}, "Layers": []string{layerName}}})
	if err != nil {
		return fmt.Errorf("write the image's manifest: %w", err)
	}
	return write(o.output, layer, layerName, []member{{configName, config}, {"manifest.json", manifest}})
}

// packLayer packs a directory into a temporary file and returns its digest.
func packLayer(root, dir string) (*os.File, string, error) {
	file, err := os.CreateTemp(dir, "layer-*.tar")
	if err != nil {
		return nil, "", fmt.Errorf("make a file for the layer: %w", err)
	}
	sum := sha256.New()
	archive := tar.NewWriter(io.MultiWriter(file, sum))
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		return add(archive, root, path, entry)
	})
	if err == nil {
		err = archive.Close()
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("pack %s: %w", root, err), file.Close(), os.Remove(file.Name()))
	}
	return file, hex.EncodeToString(sum.Sum(nil)), nil
}

// add adds a file, owned by root.
func add(archive *tar.Writer, root, path string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	target := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err = os.Readlink(path); err != nil {
			return err
		}
	}
	header, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	relative, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	header.Name = filepath.ToSlash(relative)
	if info.IsDir() {
		header.Name += "/"
	}
	header.Uid, header.Gid, header.Uname, header.Gname = 0, 0, "", ""
	// Whole seconds, because Python compares them with the times in its compiled modules.
	header.ModTime, header.AccessTime, header.ChangeTime = info.ModTime().Truncate(time.Second), time.Time{}, time.Time{}
	header.Format = tar.FormatPAX
	if err := archive.WriteHeader(header); err != nil || !info.Mode().IsRegular() {
		return err
	}
	content, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	_, err = io.Copy(archive, content)
	return err
}

// member is a small file of the archive.
type member struct {
	name    string
	content []byte
}

// write writes the archive to a temporary name first, so that an interrupted run leaves no incomplete image.
func write(output string, layer *os.File, layerName string, small []member) error {
	partial := output + ".partial"
	file, err := os.Create(partial)
	if err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	archive := tar.NewWriter(file)
	info, err := layer.Stat()
	if err == nil {
		err = archive.WriteHeader(&tar.Header{Name: layerName, Mode: 0o644, Size: info.Size(), Typeflag: tar.TypeReg})
	}
	if err == nil {
		_, err = io.Copy(archive, layer)
	}
	for _, m := range small {
		if err == nil {
			err = archive.WriteHeader(&tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.content)), Typeflag: tar.TypeReg})
		}
		if err == nil {
			_, err = archive.Write(m.content)
		}
	}
	if err == nil {
		err = archive.Close()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(fmt.Errorf("write the image: %w", err), os.Remove(partial))
	}
	return os.Rename(partial, output)
}
