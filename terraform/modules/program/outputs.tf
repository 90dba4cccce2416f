output "repository_url" {
  description = "Where the image is pushed."
  value       = aws_ecr_repository.this.repository_url
}

output "log_group_name" {
  description = "The log."
  value       = aws_cloudwatch_log_group.this.name
}

output "log_group_arn" {
  description = "The same, for policies."
  value       = aws_cloudwatch_log_group.this.arn
}

output "execution_role_arn" {
  description = "Role with which ECS starts the program, once it has its rights."
  value       = aws_iam_role.execution.arn
  depends_on  = [aws_iam_role_policy.execution]
}

output "trust" {
  description = "Policy that lets ECS act as a role of the program (JSON)."
  value       = data.aws_iam_policy_document.trust.json
}
