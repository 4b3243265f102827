// Package conformance holds the tests that everything served by the provider
// must pass: wrong inputs are refused at the attribute that is wrong and leave
// nothing behind, and states that an earlier version wrote can be read.
package conformance
