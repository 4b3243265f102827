package cloudhook

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/prefect-server/terraform-provider-prefect/internal/framework"
	"github.com/prefect-server/terraform-provider-prefect/internal/prefect"
)

// The Server accepts identical hooks and cannot store who created one. If a provider was killed before the
// Server answered, its hook could not be distinguished from one that somebody else created, and each event
// would be reported twice. So a hook is created only if no identical one exists, except for hooks of this
// state that are about to be removed. To have two, give them different names.

const (
	replacedKey = "replaced" // the hook that a plan replaces

	// idleTime is how long no other operation of this process must have succeeded before an identical hook counts as one that
	// is neither in this state, which Terraform refreshes in any order, nor about to be destroyed, which may happen after
	// another one is created. A limit to the whole wait would refuse what a large state needs.
	idleTime = 3 * time.Second
	goneStep = 200 * time.Millisecond
)

// wanted returns the hook that a model describes; false while that is not known.
func wanted(ctx context.Context, plan, config *model) (prefect.CreateCloudHookInput, bool) {
	to, ok := config.receiver()
	if !ok || !framework.FullyKnown(plan.States) || plan.Name.IsUnknown() || plan.VersionGroupID.IsUnknown() {
		return prefect.CreateCloudHookInput{}, false
	}
	values, _, known := to.config()
	states, diags := framework.Strings(ctx, plan.States)
	document, err := json.Marshal(values)
	if !known || diags.HasError() || err != nil {
		return prefect.CreateCloudHookInput{}, false
	}
	return prefect.CreateCloudHookInput{
		Type: to.kind, Name: framework.StringPointer(plan.Name), States: states, Config: document,
		VersionGroupID: framework.StringPointer(plan.VersionGroupID),
	}, true
}

// alike returns the tenant's hooks that are identical to the wanted one.
func alike(ctx context.Context, client *prefect.Client, in prefect.CreateCloudHookInput) ([]prefect.CloudHook, error) {
	hooks, err := client.ListCloudHooks(ctx, prefect.CloudHookFilter{})
	if err != nil {
		return nil, fmt.Errorf("look for a hook like it: %w", err)
	}
	return slices.DeleteFunc(hooks, func(h prefect.CloudHook) bool { return !h.Like(in) }), nil
}

// planKept records that the plan keeps the hook, or replaces it: then the creation is planned next, with this
// private data.
func (r *hookResource) planKept(ctx context.Context, state *model, replaced bool, private framework.Private) diag.Diagnostics {
	id := state.ID.ValueString()
	diags := framework.SetPrivate(ctx, private, replacedKey, id)
	if r.data != nil && !replaced && r.data.Custody.Keep(object(id)) == framework.HeldTwice {
		diags.AddError("Two resources for one cloud hook", fmt.Sprintf("Another prefect_cloud_hook of this configuration would create a hook exactly like %s, "+
			"so each event would be reported twice.\n\n%s", state.label(), twins))
	}
	return diags
}

// planCreate rejects a hook identical to an existing one. Terraform plans again during apply, so this also
// covers what was unknown during plan. An unreachable Server is not an error of the plan.
func (r *hookResource) planCreate(ctx context.Context, plan, config *model, private framework.Private) diag.Diagnostics {
	in, known := wanted(ctx, plan, config)
	if !known || config.TenantID.IsUnknown() || !r.data.Ready() {
		return nil
	}
	var replaced string
	_, diags := framework.GetPrivate(ctx, private, replacedKey, &replaced)
	if diags.HasError() {
		return diags
	}
	if replaced == "" && !r.data.Claims.Claim(claimOf(config, in)) {
		diags.AddError("Two resources for one cloud hook", "Another prefect_cloud_hook of this configuration would create a hook exactly like this one, "+
			"so each event would be reported twice.\n\n"+twins)
		return diags
	}
	diags.Append(r.unlike(ctx, r.data.Client(config.TenantID), in, replaced)...)
	return diags
}

// unlike rejects a hook identical to an existing one that is not about to be removed. replaced is the id of
// the hook being replaced, or "".
func (r *hookResource) unlike(ctx context.Context, client *prefect.Client, in prefect.CreateCloudHookInput, replaced string) diag.Diagnostics {
	began := time.Now()
	for step := goneStep; ; step = min(step*11/10, time.Second) {
		last := r.data.Progress.Idle(began) >= idleTime
		found, err := alike(ctx, client, in)
		if err != nil {
			return nil // the apply itself will report the error
		}
		var stays *prefect.CloudHook
		for _, hook := range found {
			switch {
			case hook.ID == replaced:
			case r.data.Custody.Create(object(hook.ID)) == framework.HeldTwice:
				return exists(hook, "Another resource of this state has it.")
			case !r.data.Custody.InState(object(hook.ID)):
				stays = &hook
			}
		}
		if stays == nil {
			return nil
		}
		if last && !r.data.Custody.Going(object(stays.ID)) {
			return exists(*stays, mayGo+"\n\n"+framework.CutOff("prefect_cloud_hook", stays.ID))
		}
		select {
		case <-ctx.Done():
			return framework.Diagnose(ctx.Err(), "Could not create the cloud hook")
		case <-time.After(step):
		}
	}
}

// mayGo is the advice about a hook that Terraform may not have come to yet, because creations that wait for it hold all of its
// slots. Nothing tells: Terraform passes a creation nothing of its plan, and neither plan nor apply says which it is.
const mayGo = "If this configuration destroys or replaces that hook, run Terraform with a higher `-parallelism`: with a low one, Terraform may " +
	"reach this hook first. If the hook has only moved to another address, add a `moved` block instead."

func object(id string) framework.Object {
	return framework.Object{Type: "prefect_cloud_hook", ID: id}
}

// claim identifies a planned hook among those of its plan.
type claim struct {
	tenantID string
	hook     [sha256.Size]byte // of its text, which contains secrets
}

func claimOf(config *model, in prefect.CreateCloudHookInput) claim {
	return claim{config.TenantID.ValueString(), sha256.Sum256(text(in.Type, in.Name, in.States, in.VersionGroupID, in.Config))}
}

// text is everything that identifies a hook.
func text(kind string, name *string, states []string, versionGroupID *string, config json.RawMessage) []byte {
	upper := make([]string, 0, len(states))
	for _, state := range states {
		upper = append(upper, strings.ToUpper(state))
	}
	slices.Sort(upper)
	out, err := json.Marshal([]any{kind, name, slices.Compact(upper), versionGroupID, held(&prefect.CloudHook{Config: config})})
	if err != nil {
		return nil // what came out of JSON goes into it
	}
	return out
}

const twins = "To have two hooks, give them different names."

// exists returns the error for a hook that already exists.
func exists(hook prefect.CloudHook, where string) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("A cloud hook exactly like this one exists",
		fmt.Sprintf("Cloud hook %s, created %s, has the same receiver, states and name, so each event would be reported twice. %s\n\n%s",
			labelOf(hook), hook.Created.UTC().Format(time.RFC3339), where, twins))}
}

// labelOf identifies a hook on the Server in messages.
func labelOf(hook prefect.CloudHook) string {
	m := model{ID: framework.StringOrNull(&hook.ID), Name: framework.StringOrNull(hook.Name)}
	return m.label()
}

// rounds is the number of PBKDF2 rounds, which makes guessing a short secret from its digest in the state
// slow.
const rounds = 200_000

// pend adds a digest of the hook to the record of a failed creation: the hook's secrets are in neither plan
// nor state.
func pend(p framework.Pending, in prefect.CreateCloudHookInput) (framework.Pending, error) {
	p.Salt = make([]byte, 16)
	if _, err := rand.Read(p.Salt); err != nil {
		return p, fmt.Errorf("make a salt: %w", err)
	}
	var err error
	p.Digest, err = digest(p.Salt, text(in.Type, in.Name, in.States, in.VersionGroupID, in.Config))
	return p, err
}

func digest(salt, text []byte) ([]byte, error) {
	sum, err := pbkdf2.Key(sha256.New, string(text), salt, rounds, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("make a digest: %w", err)
	}
	return sum, nil
}

// findPending returns the id of the hook that a creation without a proper answer created; "" if there is
// none.
func findPending(ctx context.Context, client *prefect.Client, p framework.Pending) (string, error) {
	hooks, err := client.ListCloudHooks(ctx, prefect.CloudHookFilter{})
	if err != nil {
		return "", fmt.Errorf("look for the hook: %w", err)
	}
	for _, hook := range slices.Backward(hooks) {
		if !p.Created.Holds(hook.Created) {
			continue
		}
		sum, err := digest(p.Salt, text(hook.Type, hook.Name, hook.States, hook.VersionGroupID, hook.Config))
		if err != nil {
			return "", err
		}
		if subtle.ConstantTimeCompare(sum, p.Digest) == 1 {
			return hook.ID, nil
		}
	}
	return "", nil
}

// settle determines the outcome of a creation that got no proper answer. It returns false if there is no
// hook, or with an error.
func (r *hookResource) settle(ctx context.Context, state *model, private framework.Private, diags *diag.Diagnostics) bool {
	if diags.HasError() || !state.ID.IsNull() {
		return !diags.HasError()
	}
	if !r.data.RequireReady(diags) {
		return false
	}
	id, d := framework.Settle(ctx, private, "the cloud hook", func(p framework.Pending) (string, error) {
		return findPending(ctx, r.data.Client(state.TenantID), p)
	})
	diags.Append(d...)
	state.ID = framework.StringOrNull(&id)
	return id != "" && !diags.HasError()
}

// failed reports why the hook was not created, and stores in the state what is needed to find out later if it
// was.
func (r *hookResource) failed(ctx context.Context, err error, in prefect.CreateCloudHookInput, plan *model, to receiver, resp *resource.CreateResponse) {
	resp.Diagnostics.Append(createFailure(to).DiagnoseIn(err, plan.TenantID)...)
	pending, ok := framework.PendingOf(err)
	if !ok {
		return
	}
	pending, err = pend(pending, in)
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnose(err, "The creation of the cloud hook cannot be followed", path.Empty())...)
		return
	}
	plan.ID = framework.StringOrNull(nil)
	resp.Diagnostics.Append(pending.Save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, *plan)...)
}
