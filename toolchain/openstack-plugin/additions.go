//go:build !plain

package main

import (
	"context"

	"coffer/openstack-plugin/waits"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/retry"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// addOurs makes the Terraform provider wait less, say less, and record a failed update as not done. The tag `plain` leaves it out.
func addOurs(terraform *schema.Provider) {
	retry.BeforeWait = waits.Shorten
	// Its default value alone draws a warning in every run, about load balancers.
	terraform.Schema["use_octavia"].Deprecated = ""
	for name := range resources {
		keepOnFailure(terraform.ResourcesMap[name])
	}
}

// keepOnFailure makes a failed update record what was there before it, as the SDK's Partial promises, so that the next one
// tries again. Without it what was wanted is recorded, and the next update finds nothing to do. The SDK does not heed it for sets.
func keepOnFailure(resource *schema.Resource) {
	update := resource.UpdateContext
	if update == nil {
		return
	}
	resource.UpdateContext = func(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
		diagnostics := update(ctx, data, meta)
		data.Partial(diagnostics.HasError())
		return diagnostics
	}
}
