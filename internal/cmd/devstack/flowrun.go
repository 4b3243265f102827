package main

import (
	"context"
	"errors"
)

// flowRun executes the flow run that the environment names.
func flowRun(context.Context, []string) error { return errors.New("not there yet") }
