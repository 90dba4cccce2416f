output "results_bucket" {
  description = "Bucket of boundaries, suites and results, once its settings are there."
  value       = aws_s3_bucket.results.id
  depends_on  = [aws_s3_bucket_policy.this, aws_s3_bucket_versioning.results, aws_s3_bucket_server_side_encryption_configuration.this]
}

output "results_bucket_arn" {
  description = "The same, for policies."
  value       = aws_s3_bucket.results.arn
}

output "cache_bucket" {
  description = "Bucket of fetched and mirrored source data."
  value       = aws_s3_bucket.cache.id
}

output "cache_bucket_arn" {
  description = "The same, for policies."
  value       = aws_s3_bucket.cache.arn
}

output "mirror_url" {
  description = "Address of the mirror, as tasks read it."
  value       = "https://${aws_s3_bucket.cache.bucket_regional_domain_name}/mirror"
}

output "cloudfront_domain" {
  description = "Host of the published results; null without CloudFront."
  value       = var.cloudfront ? coalesce(var.cloudfront_domain, aws_cloudfront_distribution.results[0].domain_name) : null
}
