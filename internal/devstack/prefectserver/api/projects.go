package api

import (
	"context"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) projectMutations() map[string]Operation {
	return map[string]Operation{
		"create_project":          createProject,
		"delete_project":          deleteProject,
		"set_project_name":        setProjectName,
		"set_project_description": setProjectDescription,
	}
}

func createProject(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	row, err := insert(tx, "project", store.Row{
		"tenant_id":   text(input, "tenant_id"),
		"name":        text(input, "name"),
		"description": nullable(input, "description"),
	})
	return idPayload(rowText(row, "id"), err)
}

// deleteProject takes the flows and their runs along, and leaves the flow groups.
func deleteProject(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return success(remove(tx, "project", text(input, "project_id")))
}

func setProjectName(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return updateProject(tx, input, store.Row{"name": text(input, "name")})
}

// setProjectDescription clears with null; leaving the description out is an error.
func setProjectDescription(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	description, present := input["description"]
	if !present {
		return nil, fail("'description'")
	}
	return updateProject(tx, input, store.Row{"description": description})
}

func updateProject(tx *store.Tx, input map[string]any, set store.Row) (any, error) {
	id := text(input, "project_id")
	found, err := update(tx, "project", id, set)
	if err == nil && !found {
		err = fail("Update failed")
	}
	return idPayload(id, err)
}
