output "vpc_id" {
  description = "The VPC."
  value       = local.vpc_id
}

output "vpc_cidr" {
  description = "Its addresses."
  value       = local.vpc_cidr
}

output "private_subnet_ids" {
  description = "Subnets of launcher, tasks and databases."
  value       = local.private_subnet_ids
}

output "public_subnet_ids" {
  description = "Subnets of the load balancer."
  value       = local.public_subnet_ids
}

output "s3_endpoint_id" {
  description = "The S3 gateway endpoint; null when the VPC was there before and has its own."
  value       = one(aws_vpc_endpoint.s3[*].id)
}

output "s3_prefix_list_id" {
  description = "Addresses of S3 in this region, for security groups; null without the endpoint."
  value       = one(aws_vpc_endpoint.s3[*].prefix_list_id)
}
