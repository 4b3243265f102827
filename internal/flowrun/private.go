package flowrun

// Keys of the private data that Terraform keeps with the resource.
const (
	recordKey      = "run"
	replacementKey = "replacement"
)

// record is what is remembered of a run beside its state.
type record struct {
	ID string `json:"id"`
	// Settled says that the wait for the run is over for good.
	Settled bool `json:"settled"`
	// FromServer says that parameters and context in the state are what the Server
	// made of the inputs, because none were given or the run was imported.
	FromServer bool `json:"from_server"`
	// Template is the digest of the job template that the run was created with: the file may be another one by now, or
	// gone. It is "" for a run without run_config, or of which that is not known.
	Template string `json:"template,omitempty"`
}

// replacement is left in the plan of a creation, for the Delete that Terraform
// calls first if it replaces an object.
type replacement struct {
	// Digest is that of the planned inputs, or "" if not all are known.
	Digest string `json:"digest"`
}
