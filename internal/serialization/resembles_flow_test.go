package serialization

import (
	"errors"
	"strings"
	"testing"
)

// A version of what only looks like a flow would archive the good one.
func TestOnlyFlowsAreFlows(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"name": "app", "version": "1.0.0", "scripts": {}}`:        "a package.json of Node.js",
		`{"name": "app", "version": "1.0.0", "license": "MIT"}`:     "a package.json of Node.js",
		`{"apiVersion": "batch/v1", "kind": "Job", "metadata": {}}`: "a Kubernetes manifest (a Job)",
		`{"type": "KubernetesRun", "labels": []}`:                   "a run configuration",
		`{"type": "Docker", "flows": null, "name": "x"}`:            "",
		`{"name": "f"}`: "`__version__`, `type`, `tasks`, `edges`, `parameters`, `reference_tasks`, `storage`, `run_config`, `schedule` are missing",
		`{"name": "a", "slug": "a-1", "type": "prefect.tasks.core.x.Y"}`: "one task of a flow",
		`{"nbformat": 4, "cells": []}`:                                   "a Jupyter notebook",
		`{"data": {"flow": []}}`:                                         "an answer of the Prefect API",
		`{"name": "x", "entrypoint": "flow.py:main"}`:                    "Prefect 2 or later",
		`{"terraform_version": "1.11.4"}`:                                "a Terraform state",
	} {
		flow, err := ParseFlow([]byte(text), "")
		if err == nil {
			err = flow.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, ErrDocument) && !errors.Is(err, ErrInvalidFlow) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, missing := range flowMembers {
		complete := flowWith(t, "").Map()
		delete(complete, missing.name)
		if err := NewFlow(complete).Validate(); err == nil || !strings.Contains(err.Error(), "`"+missing.name+"` is missing") {
			t.Errorf("without %s: %v", missing.name, err)
		}
		complete[missing.name] = true
		if err := NewFlow(complete).Validate(); err == nil || Problems(err)[0].Path != missing.name {
			t.Errorf("with %s of a wrong type: %v", missing.name, err)
		}
	}
}

func TestResembles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"flows/etl.json": `use file("flows/etl.json")`, "./etl": "the path of a file", "": "empty", "  \n": "empty",
		"from prefect import Flow\n\nwith Flow(\"x\") as f:\n    pass\n": "Python source", "#!/usr/bin/env python3\n": "Python source",
		"apiVersion: batch/v1\nkind: Job\n": "YAML", "---\na: 1\n": "YAML", "<html>": "HTML", "H4sIAAAA": "compressed", "gASVxyz": "pickled",
		`{"name": `: "", "hello world": "",
	} {
		if got := Resembles(text); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q: %q", text, got)
		}
	}
}
