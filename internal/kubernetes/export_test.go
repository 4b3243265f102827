package kubernetes

// InPod makes a configuration find a pod's service account in another directory.
func InPod(c Config, directory string) Config {
	c.serviceAccount = directory
	return c
}
