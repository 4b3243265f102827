data "prefect_agents" "kubernetes" {
  run_labels = ["k8s", "prod"]
}

# Fails the plan early instead of leaving a run waiting for ever.
check "somebody_takes_production_runs" {
  assert {
    condition     = data.prefect_agents.kubernetes.would_match
    error_message = "No healthy agent takes runs with the labels k8s and prod."
  }
}

output "agents" {
  value = {
    for agent in data.prefect_agents.kubernetes.agents :
    agent.id => "${agent.name}: ${agent.healthy ? "healthy" : "silent since ${coalesce(agent.last_queried, "its start")}"}"
  }
}
