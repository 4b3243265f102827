// Package acctest is what the acceptance tests of all nouns share: a Prefect
// Server, a Kubernetes cluster with an agent, and the provider in process.
//
// By default every test gets a Server of its own, embedded in the test process.
// The environment can name others, and the same tests then run against them:
//
//	PREFECT_ACC_API         URL of a Prefect Server. Each test creates a tenant
//	                        there and deletes it afterwards. Credentials come
//	                        from the PREFECT__ variables, as for the provider.
//	PREFECT_ACC_KUBECONFIG  kubeconfig of a cluster; each test uses a namespace
//	                        of its own. Tests that need a cluster are skipped
//	                        without it.
//	PREFECT_ACC_FLOW_RUN_API
//	                        URL of the Server as pods of the cluster reach it, if
//	                        it differs.
//	PREFECT_ACC_REQUIRE     if set, what would be skipped fails instead.
//	PREFECT_ACC_LOG         if set, the embedded Server and agent log to
//	                        standard error.
//
// Like all acceptance tests they run only if TF_ACC is set.
package acctest
