# Published results for everybody who has their address (run ids cannot be guessed), or only for holders of signed cookies.

data "aws_cloudfront_cache_policy" "optimized" {
  count = var.cloudfront ? 1 : 0
  name  = "Managed-CachingOptimized"
}

data "aws_cloudfront_response_headers_policy" "cors" {
  count = var.cloudfront ? 1 : 0
  name  = "Managed-CORS-and-SecurityHeadersPolicy"
}

resource "aws_cloudfront_origin_access_control" "results" {
  count                             = var.cloudfront ? 1 : 0
  name                              = var.results_bucket
  description                       = "Signs requests to the results bucket"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "results" {
  count           = var.cloudfront ? 1 : 0
  enabled         = true
  is_ipv6_enabled = true
  comment         = "Results in ${var.results_bucket}"
  price_class     = var.cloudfront_price_class
  http_version    = "http2and3"
  web_acl_id      = var.cloudfront_web_acl_arn

  origin {
    origin_id                = "results"
    domain_name              = aws_s3_bucket.results.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.results[0].id
  }

  default_cache_behavior {
    target_origin_id           = "results"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD", "OPTIONS"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.optimized[0].id
    response_headers_policy_id = data.aws_cloudfront_response_headers_policy.cors[0].id
    trusted_key_groups         = var.cloudfront_key_group_ids
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  # With a name of its own the certificate must be in us-east-1; without, CloudFront's own.
  aliases = var.cloudfront_certificate_arn == null ? [] : [var.cloudfront_domain]
  viewer_certificate {
    cloudfront_default_certificate = var.cloudfront_certificate_arn == null
    acm_certificate_arn            = var.cloudfront_certificate_arn
    ssl_support_method             = var.cloudfront_certificate_arn == null ? null : "sni-only"
    minimum_protocol_version       = var.cloudfront_certificate_arn == null ? "TLSv1" : "TLSv1.2_2021"
  }

  dynamic "logging_config" {
    for_each = var.cloudfront_log_bucket_domain == null ? [] : [var.cloudfront_log_bucket_domain]
    content {
      bucket = logging_config.value
      prefix = "cloudfront/"
    }
  }
}
