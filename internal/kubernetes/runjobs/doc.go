// Package runjobs works with the Jobs of flow runs in a cluster: it creates them and tries their creation out, follows them
// with their pods and events, and deletes them.
package runjobs
