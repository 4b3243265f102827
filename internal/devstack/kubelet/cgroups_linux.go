package kubelet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/process"
)

const cgroups = "/sys/fs/cgroup"

// hierarchies are the directories of this machine's control groups: one, or
// with the older version one for each controller.
func hierarchies() ([]string, error) {
	if unified() {
		return []string{cgroups}, nil
	}
	entries, err := os.ReadDir(cgroups)
	if err != nil {
		return nil, fmt.Errorf("look for control groups: %w", err)
	}
	var found []string
	for _, e := range entries {
		dir := filepath.Join(cgroups, e.Name())
		// Names such as "cpuacct" may be links to the hierarchy that has several
		// controllers.
		if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err == nil && e.IsDir() {
			found = append(found, dir)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("there are no control groups in " + cgroups)
	}
	return found, nil
}

// unified reports whether this machine has version 2 of control groups alone.
func unified() bool {
	_, err := os.Stat(filepath.Join(cgroups, "cgroup.controllers"))
	return err == nil
}

// makeCgroups makes a control group in every hierarchy.
func makeCgroups(name string, guard *process.Guard) error {
	parents, err := hierarchies()
	if err != nil {
		return err
	}
	if unified() {
		// What the group is to limit has to be enabled above it.
		for _, controller := range []string{"+cpu", "+cpuset", "+memory", "+pids"} {
			if err := os.WriteFile(filepath.Join(cgroups, "cgroup.subtree_control"), []byte(controller), 0); err != nil {
				return fmt.Errorf("enable the controller %s: %w", controller[1:], err)
			}
		}
	}
	for _, parent := range parents {
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return fmt.Errorf("make the node's control group: %w", err)
		}
		if err := guard.RemoveCgroupAtEnd(dir); err != nil {
			return err
		}
	}
	return nil
}
