package provider

import "testing"

// Whatever asks for messages keeps those of the libraries.
func TestAsksForLogs(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]bool{
		"TF_LOG=trace": true, "TF_LOG_PROVIDER=debug": true, "TF_LOG_SDK=trace": true, "TF_LOG_SDK_FRAMEWORK=trace": true, "TF_LOG_CORE=info": true,
		"TF_LOG_PROVIDER_PREFECT=debug": true, "TF_LOG_PATH=log": true, "TF_ACC_LOG_PATH=log": true, "TF_LOG=": false, "TF_ACC=1": false, "HOME=/TF_LOG": false,
	} {
		if asksForLogs([]string{"PATH=/bin", variable}) != want {
			t.Errorf("%s asks for logs: %v", variable, !want)
		}
	}
}
