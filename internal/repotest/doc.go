// Package repotest holds the tests of what the repository says of itself:
// every block of HCL in its Markdown files and every example is validated by the
// real command line, and what describes the repository to others (workflows,
// dependency updates) agrees with what is in it.
package repotest
