package api

import (
	"context"
	"maps"
	"regexp"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/store"
)

func (a *API) tenantMutations() map[string]Operation {
	return map[string]Operation{
		"create_tenant":          createTenant,
		"delete_tenant":          deleteTenant,
		"update_tenant_name":     updateTenantName,
		"update_tenant_slug":     updateTenantSlug,
		"update_tenant_settings": updateTenantSettings,
	}
}

// slugified matches what slugifying leaves as it is; the empty text is one such.
var slugified = regexp.MustCompile(`^([a-z0-9]+(-[a-z0-9]+)*)?$`)

func verifySlug(slug string) error {
	if !slugified.MatchString(slug) {
		return fail(`Slug must be "slugified" (lowercase; no spaces)`)
	}
	return nil
}

func createTenant(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	slug := text(input, "slug")
	if err := verifySlug(slug); err != nil {
		return nil, err
	}
	row, err := insert(tx, "tenant", store.Row{"name": text(input, "name"), "slug": slug})
	return idPayload(rowText(row, "id"), err)
}

func deleteTenant(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	if confirmed, _ := input["confirm"].(bool); !confirmed {
		return nil, fail("Must pass `confirm=True` to proceed.")
	}
	return success(remove(tx, "tenant", text(input, "tenant_id")))
}

func updateTenantName(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	return updateTenant(tx, input, store.Row{"name": text(input, "name")})
}

func updateTenantSlug(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	slug := text(input, "slug")
	if err := verifySlug(slug); err != nil {
		return nil, err
	}
	return updateTenant(tx, input, store.Row{"slug": slug})
}

// updateTenantSettings merges: keys that are not given stay.
func updateTenantSettings(_ context.Context, tx *store.Tx, input map[string]any) (any, error) {
	tenant, found := tx.Get("tenant", text(input, "tenant_id"))
	if !found {
		return nil, fail("Invalid tenant id.")
	}
	given, present := input["settings"]
	if !present {
		given = map[string]any{}
	}
	changes, problem := entriesOf(given)
	if changes == nil {
		return nil, fail(problem)
	}
	settings := maps.Clone(object(tenant["settings"]))
	if settings == nil {
		settings = map[string]any{}
	}
	maps.Copy(settings, changes)
	return updateTenant(tx, input, store.Row{"settings": settings})
}

func updateTenant(tx *store.Tx, input map[string]any, set store.Row) (any, error) {
	id := text(input, "tenant_id")
	found, err := update(tx, "tenant", id, set)
	if err == nil && !found {
		err = fail("Update failed.")
	}
	return idPayload(id, err)
}
