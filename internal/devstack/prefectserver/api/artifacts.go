package api

import (
	"context"
	"fmt"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

// artifactLimit is the size of an artifact's data, in characters of JSON.
const artifactLimit = 1_000_000

func (a *API) artifactMutations() map[string]Operation {
	return map[string]Operation{
		"create_task_run_artifact": createArtifact,
		"update_task_run_artifact": updateArtifact,
		"delete_task_run_artifact": deleteArtifact,
	}
}

func createArtifact(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	data := input["data"]
	if sizeOf(data) > artifactLimit {
		return nil, fail(fmt.Sprintf("Artifact data payload exceeds %d bytes limit.", artifactLimit))
	}
	id := text(input, "task_run_id")
	run, found := tx.Get("task_run", id)
	if !found {
		return nil, fail(fmt.Sprintf("Task run %s not found", id))
	}
	tenant := run["tenant_id"]
	if given := text(input, "tenant_id"); given != "" {
		if given != tenant {
			return nil, fail("Invalid tenant ID.")
		}
		tenant = given
	}
	row, err := insert(tx, "task_run_artifact", store.Row{
		"tenant_id": tenant, "task_run_id": id, "kind": text(input, "kind"), "data": data,
	})
	return idPayload(rowText(row, "id"), err)
}

func updateArtifact(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	set := store.Row{"data": input["data"]}
	return success(update(tx, "task_run_artifact", text(input, "task_run_artifact_id"), set))
}

func deleteArtifact(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return success(remove(tx, "task_run_artifact", text(input, "task_run_artifact_id")))
}
