output "url" {
  description = "Address of the launcher, for clients."
  value       = "https://${var.domain_name}"
}

output "balancer_dns_name" {
  description = "Host of the load balancer, for a DNS record of your own."
  value       = module.launcher.balancer_dns_name
}

output "region" {
  description = "Region of it all."
  value       = local.region
}

output "analysis_repository" {
  description = "Where the image of the analysis is pushed."
  value       = module.analysis.repository_url
}

output "launcher_repository" {
  description = "Where the image of the launcher is pushed."
  value       = module.launcher.repository_url
}

output "cluster" {
  description = "Cluster of launcher and tasks."
  value       = module.cluster.name
}

output "launcher_service" {
  description = "ECS service of the launcher."
  value       = module.launcher.service_name
}

output "launcher_task_definition" {
  description = "Task definition of the launcher, for administration (`key create`)."
  value       = module.launcher.task_definition_arn
}

output "launcher_log_group" {
  description = "Log of the launchers."
  value       = module.launcher.log_group_name
}

output "launcher_network" {
  description = "Network configuration of the launcher, as `aws ecs run-task` takes it."
  value       = "awsvpcConfiguration={subnets=[${join(",", module.network.private_subnet_ids)}],securityGroups=[${module.launcher.security_group_id}]}"
}

output "results_bucket" {
  description = "Bucket of boundaries, suites and results."
  value       = module.storage.results_bucket
}

output "cache_bucket" {
  description = "Bucket of fetched (`cache/`) and mirrored (`mirror/`) source data."
  value       = module.storage.cache_bucket
}

output "published_host" {
  description = "Host of published results by CloudFront; null without."
  value       = module.storage.cloudfront_domain
}

output "dashboard" {
  description = "Dashboard in CloudWatch."
  value       = module.monitoring.dashboard_name
}
