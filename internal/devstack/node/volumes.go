package node

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// volumes waits until the config maps and secrets that containers mount are there; false means that the pod is
// ending. The processes do not see the volumes; this only makes sure that a pod that would not start on a real node
// does not start here.
func (w *worker) volumes() bool {
	for {
		volume, err := w.missingVolume()
		if err == nil {
			return !w.ending()
		}
		if w.ctx.Err() != nil {
			return false
		}
		w.event(corev1.EventTypeWarning, "FailedMount", fmt.Sprintf("MountVolume.SetUp failed for volume %q : %s", volume, err))
		if !w.pause(w.node.options.Retry) {
			return false
		}
	}
}

func (w *worker) missingVolume() (string, error) {
	s := &sources{worker: w, ctx: w.ctx, configMaps: map[string]*corev1.ConfigMap{}, secrets: map[string]*corev1.Secret{}}
	for _, volume := range w.pod.Spec.Volumes {
		var err error
		switch {
		case !mounted(w.pod, volume.Name): // not mounted, so not needed
		case volume.Secret != nil:
			_, err = s.secret(volume.Secret.SecretName, volume.Secret.Optional)
		case volume.ConfigMap != nil:
			_, err = s.configMap(volume.ConfigMap.Name, volume.ConfigMap.Optional)
		}
		if err != nil {
			return volume.Name, err
		}
	}
	return "", nil
}

// mounted reports whether a container of the pod mounts a volume.
func mounted(pod *corev1.Pod, volume string) bool {
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, m := range c.VolumeMounts {
			if m.Name == volume {
				return true
			}
		}
	}
	return false
}
