package flowrun

// Keys of the private data that Terraform keeps with the resource.
const (
	recordKey      = "run"
	replacementKey = "replacement"
)

// record is what is stored about a run in addition to its state.
type record struct {
	ID string `json:"id"`
	// Settled is true once the wait for the run is permanently over.
	Settled bool `json:"settled"`
	// FromServer is true if parameters and context in the state came from the Server, because none were
	// configured or the run was imported.
	FromServer bool `json:"from_server"`
	// Template is the digest of the job template that the run was created with; the file may have changed
	// since. "" for a run without run_config, or if it is unknown.
	Template string `json:"template,omitempty"`
	// Mark is the line that is to mark the run on the Server as recorded, until a refresh has seen that a line did; see
	// recordLater. "" if none is owed.
	Mark string `json:"mark,omitempty"`
}

// replacement is stored in the plan of a creation, for the Delete that Terraform calls first if the creation
// replaces an object.
type replacement struct {
	// Digest is the digest of the planned inputs, or "" if some are unknown.
	Digest string `json:"digest"`
}
