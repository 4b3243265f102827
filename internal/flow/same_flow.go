package flow

import (
	"github.com/prefect-server/terraform-provider-prefect/internal/serialization"
)

// sameFlow compares a flow that the Server stores with the one that was to be sent. Numbers come back as
// doubles (1e2 as 100), and the stored form lacks the edges of a flow that was uploaded in parts, so the keys
// may differ although the flows are the same.
func sameFlow(stored, sent *serialization.Flow) bool {
	if storedKey, err := stored.Key(); err == nil {
		if sentKey, err := sent.Key(); err == nil && storedKey == sentKey {
			return true
		}
	}
	left, right := stored.Map(), sent.Map()
	if list, ok := left["edges"].([]any); ok && len(list) == 0 {
		delete(left, "edges")
		delete(right, "edges")
	}
	return serialization.SameServed(left, right)
}
