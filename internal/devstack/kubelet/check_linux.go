package kubelet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Check returns why a node cannot run on this machine, or nil.
func Check(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New("a real node takes root")
	}
	for _, program := range []string{"apt-get", "dpkg-deb", "ip", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("a real node takes the program %s, which is not on PATH", program)
		}
	}
	if _, err := os.Stat("/usr/share/keyrings/debian-archive-keyring.gpg"); err != nil {
		return errors.New("a real node is made of Debian packages, and their keyring (package debian-archive-keyring) is not here")
	}
	if _, err := hierarchies(); err != nil {
		return fmt.Errorf("a real node takes control groups: %w", err)
	}
	probe := exec.CommandContext(ctx, "unshare", "--pid", "--fork", "--mount", "--net", "--ipc", "--uts",
		"sh", "-c", "mount -t tmpfs none /mnt && ip link add probe0 type veth peer name probe1 && ip link add probe2 type bridge")
	if output, err := probe.CombinedOutput(); err != nil {
		return fmt.Errorf("a real node takes namespaces, mounts, and virtual network interfaces, which this machine does not allow: %w: %s",
			err, strings.TrimSpace(string(output)))
	}
	return nil
}
