output "balancer_dns_name" {
  description = "Host of the load balancer, for a DNS record."
  value       = aws_lb.this.dns_name
}

output "balancer_zone_id" {
  description = "Zone of that host, for an alias record."
  value       = aws_lb.this.zone_id
}

output "balancer_arn_suffix" {
  description = "The load balancer, for alarms."
  value       = aws_lb.this.arn_suffix
}

output "target_group_arn_suffix" {
  description = "The target group, for alarms."
  value       = aws_lb_target_group.this.arn_suffix
}

output "service_name" {
  description = "The ECS service."
  value       = aws_ecs_service.this.name
}

output "repository_url" {
  description = "Where the image is pushed."
  value       = module.program.repository_url
}

output "task_definition_arn" {
  description = "The newest revision; with other commands it also administers (`key create`)."
  value       = aws_ecs_task_definition.this.arn
}

output "security_group_id" {
  description = "Security group of the launchers."
  value       = aws_security_group.this.id
}

output "log_group_name" {
  description = "Log of the launchers."
  value       = module.program.log_group_name
}

output "task_url" {
  description = "Address of the launcher as tasks see it."
  value       = local.task_url
}
