package prefect

import "context"

// ServerInfo is what the Server says of itself.
type ServerInfo struct {
	Backend, Mode, Version, CoreVersion, ReleaseTimestamp string
}

// GetServerInfo asks the Server what it is.
func (c *Client) GetServerInfo(ctx context.Context) (*ServerInfo, error) { return nil, nil }
