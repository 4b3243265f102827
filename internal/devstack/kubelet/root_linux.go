package kubelet

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// mount is one mount of the node's file system.
type mount struct {
	source, target, kind, data string
	flags                      uintptr
	// file is true if the target is a file.
	file bool
}

func bind(source, target string) mount {
	return mount{source: source, target: target, flags: syscall.MS_BIND | syscall.MS_REC}
}

// mounts are in order; targets are inside the new root. The node writes everything to memory, including images and
// containers: that is fast and leaves nothing behind.
func (i *inside) mounts() []mount {
	return []mount{
		{source: "tmpfs", target: "/run", kind: "tmpfs"},
		{source: "tmpfs", target: "/tmp", kind: "tmpfs"},
		{source: "proc", target: "/proc", kind: "proc"},
		{source: "sysfs", target: "/sys", kind: "sysfs"},
		bind("/sys/fs/cgroup", "/sys/fs/cgroup"),
		bind("/dev", "/dev"),
		// Containers use overlays too, which cannot be nested in one.
		{source: "tmpfs", target: "/var/lib/containerd", kind: "tmpfs"},
		{source: "tmpfs", target: "/var/lib/kubelet", kind: "tmpfs"},
		bind(filepath.Join(i.Dir, "credentials"), credentialsDir),
		bind(i.Images, imagesDir),
		{source: i.Kubelet, target: kubeletProgram, flags: syscall.MS_BIND, file: true},
	}
}

// enterRoot makes the node's file system, with the root file system as the lower
// layer of an overlay, and makes it this process's.
func (i *inside) enterRoot() error {
	// Mounts from here on are not visible outside.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("part from this machine's mounts: %w", err)
	}
	memory, root := filepath.Join(i.Dir, "memory"), filepath.Join(i.Dir, "root")
	for _, dir := range []string{memory, root} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := apply("", mount{source: "tmpfs", target: memory, kind: "tmpfs"}); err != nil {
		return err
	}
	upper, work := filepath.Join(memory, "upper"), filepath.Join(memory, "work")
	for _, dir := range []string{upper, work} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	if err := apply("", mount{
		source: "overlay", target: root, kind: "overlay", data: fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", i.Root, upper, work),
	}); err != nil {
		return err
	}
	for _, m := range i.mounts() {
		if err := apply(root, m); err != nil {
			return err
		}
	}
	if err := hideTunables(root); err != nil {
		return err
	}
	if err := i.writeConfig(root); err != nil {
		return err
	}
	return pivot(root)
}

// tunables are the kernel settings, and so those of the whole machine, that a kubelet changes unless they already
// have the values it wants.
var tunables = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// hideTunables mounts files with the wanted values over the tunables, so that the kubelet does not change this
// machine's.
func hideTunables(root string) error {
	for name, value := range tunables {
		file := filepath.Join(root, "run", "tunables", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
			return err
		}
		target := filepath.Join(root, "proc", "sys", name)
		if err := syscall.Mount(file, target, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("hide the kernel's %s: %w", name, err)
		}
	}
	return nil
}

func apply(root string, m mount) error {
	target := filepath.Join(root, m.target)
	if m.file {
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, nil, 0o600); err != nil {
			return err
		}
	} else if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount(m.source, target, m.kind, m.flags, m.data); err != nil {
		return fmt.Errorf("mount %s on %s: %w", m.source, target, err)
	}
	return nil
}

// writeConfig writes what does not depend on the cluster.
func (i *inside) writeConfig(root string) error {
	network, err := networkConfig(i.Pods)
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		"etc/containerd/config.toml":  containerdConfig(),
		"etc/cni/net.d/pods.conflist": network,
		"etc/hostname":                i.Name + "\n",
		"etc/hosts":                   "127.0.0.1 localhost\n" + i.Address + " " + i.Name + "\n",
		"etc/resolv.conf":             "nameserver " + i.Gateway + "\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return syscall.Sethostname([]byte(i.Name))
}

// pivot makes root the file system of this process and forgets the old one.
func pivot(root string) error {
	const old = "old-root"
	if err := os.Mkdir(filepath.Join(root, old), 0o700); err != nil {
		return err
	}
	if err := syscall.PivotRoot(root, filepath.Join(root, old)); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := syscall.Unmount("/"+old, syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("let go of the old root: %w", err)
	}
	if err := os.Remove("/" + old); err != nil {
		return err
	}
	// The kubelet wants mounts that containers can see later.
	return syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_SHARED, "")
}
