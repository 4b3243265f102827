package prefect

import "time"

// SetClock replaces the clock of a client.
func SetClock(c *Client, now func() time.Time) { c.now = now }
