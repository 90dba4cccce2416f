output "task" {
  description = "What the module `launcher` needs to start tasks and to read their logs."
  value = {
    family             = aws_ecs_task_definition.this.family
    container          = local.container
    task_role_arn      = aws_iam_role.task.arn
    execution_role_arn = module.program.execution_role_arn
    security_group_id  = aws_security_group.this.id
    log_group_name     = module.program.log_group_name
    log_group_arn      = module.program.log_group_arn
    log_prefix         = local.log_prefix
  }
}

output "repository_url" {
  description = "Where the image is pushed."
  value       = module.program.repository_url
}

output "task_definition_arn" {
  description = "The newest revision."
  value       = aws_ecs_task_definition.this.arn
}

output "security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.this.id
}
