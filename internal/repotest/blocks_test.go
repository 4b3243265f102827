package repotest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the repository's.
const root = "../.."

// block is a piece of HCL that stands in a Markdown file.
type block struct {
	file string
	line int
	hcl  string
	// fragment says that the text around the block tells the rest: arguments that
	// are required may be missing.
	fragment bool
	// of is the opening line of the block whose arguments these are, without its
	// brace, if the piece is not whole blocks.
	of string
}

func (b block) name() string { return fmt.Sprintf("%s:%d", b.file, b.line) }

// fenced is a block of HCL with the comment that may stand before it:
// `<!-- fragment -->`, or `<!-- fragment of module "aks" -->`. A list item may
// indent it.
var fenced = regexp.MustCompile("(?ms)^([ \\t]*)(?:<!-- (fragment)(?: of (.+?))? -->\\s*?\\n\\s*)?```(?:hcl|terraform|tf)[^\\n]*\\n(.*?)^[ \\t]*```")

// blocksOf are the blocks of a Markdown file.
func blocksOf(file, text string) []block {
	var blocks []block
	for _, at := range fenced.FindAllStringSubmatchIndex(text, -1) {
		part := func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return text[at[2*i]:at[2*i+1]]
		}
		blocks = append(blocks, block{
			file: file, line: strings.Count(text[:at[8]], "\n") + 1, hcl: part(4), fragment: part(2) != "", of: part(3),
		})
	}
	return blocks
}

// tracked are the repository's files that match a pattern of git.
func tracked(t *testing.T, patterns ...string) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{"ls-files", "--cached", "--others", "--exclude-standard", "--"}, patterns...)...)
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		t.Fatalf("list the repository's files: %v", err)
	}
	var files []string
	for _, file := range strings.Fields(string(out)) {
		if _, err := os.Stat(filepath.Join(root, file)); err == nil {
			files = append(files, file)
		}
	}
	return files
}

// read is the text of a file of the repository.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// link is a link of Markdown to a file of the repository, with its fragment.
var link = regexp.MustCompile(`\]\(([\w./-]+)(#[\w-]+)?\)`)

// TestLinks follows the links between the repository's Markdown files.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, file := range tracked(t, "*.md", ":!templates") {
		for _, found := range link.FindAllStringSubmatch(read(t, file), -1) {
			target := filepath.Join(filepath.Dir(file), found[1])
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s, which is not there", file, found[1])
				continue
			}
			if heading := strings.TrimPrefix(found[2], "#"); heading != "" && strings.HasSuffix(target, ".md") && !hasHeading(read(t, target), heading) {
				t.Errorf("%s links to %s%s, and there is no such heading", file, found[1], found[2])
			}
		}
	}
}

// notInAnchors is what the anchor of a heading leaves out.
var notInAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// hasHeading says whether a Markdown file has an anchor: that of a heading, or
// one that it writes itself.
func hasHeading(text, anchor string) bool {
	if strings.Contains(text, `<a id="`+anchor+`"`) {
		return true
	}
	for line := range strings.Lines(text) {
		if heading, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			heading = notInAnchors.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
			if strings.ReplaceAll(heading, " ", "-") == anchor {
				return true
			}
		}
	}
	return false
}

// TestBlocksOf finds blocks as Markdown has them.
func TestBlocksOf(t *testing.T) {
	t.Parallel()
	text := "# T\n\n```hcl\na\n```\n\n<!-- fragment -->\n```terraform\nb\n```\n\n- x\n\n  <!-- fragment of module \"aks\" -->\n  ```hcl\n  c\n  ```\n\n```shell\nd\n```\n"
	got := blocksOf("x.md", text)
	want := []block{
		{file: "x.md", line: 4, hcl: "a\n"}, {file: "x.md", line: 9, hcl: "b\n", fragment: true},
		{file: "x.md", line: 16, hcl: "  c\n", fragment: true, of: `module "aks"`},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
