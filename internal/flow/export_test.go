package flow

// The flows of the unit tests, for the acceptance tests.
var (
	TestFlow      = testFlow
	WithParameter = withParameter
	WithCron      = withCron
	WithTag       = withTag
	AllOf         = all
	Document      = document
	Golden        = golden
)
