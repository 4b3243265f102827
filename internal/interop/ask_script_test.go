package interop

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// interopSeed is what generated cases start from.
func interopSeed(t *testing.T) uint64 {
	t.Helper()
	given := os.Getenv("PREFECT_INTEROP_SEED")
	if given == "" {
		return 1
	}
	seed, err := strconv.ParseUint(given, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// ask has a script of testdata answer every case; both are JSON, one a line.
func ask[C any](u *user, script string, cases []C) [][]byte {
	u.t.Helper()
	file, err := os.Create(filepath.Join(u.home, script+".cases"))
	if err != nil {
		u.t.Fatal(err)
	}
	encoder := json.NewEncoder(file)
	for _, c := range cases {
		if err := encoder.Encode(c); err != nil {
			u.t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		u.t.Fatal(err)
	}
	path := filepath.Join(u.home, script+".answers")
	u.python(script, file.Name(), path)
	data, err := os.ReadFile(path)
	if err != nil {
		u.t.Fatal(err)
	}
	answers := bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	if len(answers) != len(cases) {
		u.t.Fatalf("%s answered %d of %d cases", script, len(answers), len(cases))
	}
	return answers
}
