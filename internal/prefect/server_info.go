package prefect

import (
	"context"

	"github.com/prefect-server/terraform-provider-prefect/internal/prefect/graphql"
)

// ServerInfo describes the Server, as it reports itself.
type ServerInfo struct {
	Backend, Mode, Version, CoreVersion, ReleaseTimestamp string
}

// GetServerInfo returns the Server's description of itself.
func (c *Client) GetServerInfo(ctx context.Context) (*ServerInfo, error) {
	out, err := graphql.Server(ctx, wire{c})
	if err != nil {
		return nil, err
	}
	api := out.Api
	if api == nil {
		return &ServerInfo{}, nil
	}
	return &ServerInfo{
		Backend: value(api.Backend), Mode: value(api.Mode), Version: value(api.Version),
		CoreVersion: value(api.CoreVersion), ReleaseTimestamp: value(api.ReleaseTimestamp),
	}, nil
}
