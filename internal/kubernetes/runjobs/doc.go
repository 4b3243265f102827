// Package runjobs manages the Jobs of flow runs in a cluster: it creates them (or does a dry run), follows
// them with their pods and events, and deletes them.
package runjobs
