variable "results_bucket" {
  description = "Name of the bucket of boundaries, suites and results; unique in the world."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.results_bucket))
    error_message = "results_bucket: 3 to 63 small letters, digits and hyphens (no dots: they break TLS)."
  }
}

variable "cache_bucket" {
  description = "Name of the bucket of fetched and mirrored source data; unique in the world."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.cache_bucket))
    error_message = "cache_bucket: 3 to 63 small letters, digits and hyphens (no dots: they break TLS)."
  }
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may delete results."
  type        = bool
  default     = false
  nullable    = false
}

variable "deleted_days" {
  description = "Days that deleted or replaced objects can be brought back."
  type        = number
  default     = 14
  validation {
    condition     = var.deleted_days >= 1 && var.deleted_days <= 3650
    error_message = "deleted_days: 1 to 3650."
  }
}

variable "cache_days" {
  description = "Days after which fetched source data are thrown away; the next run fetches them anew. The mirror is kept."
  type        = number
  default     = 90
  validation {
    condition     = var.cache_days >= 1 && var.cache_days <= 3650
    error_message = "cache_days: 1 to 3650."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the results; null takes S3's own keys. CloudFront needs a right to the key in its policy."
  type        = string
  default     = null
  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a KMS key, or null."
  }
}

variable "map_origins" {
  description = "Sites whose pages may read results by script, such as `https://maps.example.org`."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for origin in var.map_origins : can(regex("^(https?://[^/]+|[*])$", origin))])
    error_message = "map_origins: origins without a path, such as https://maps.example.org, or *."
  }
}

variable "access_log_bucket" {
  description = "Bucket that takes the logs of accesses; null keeps none."
  type        = string
  default     = null
  validation {
    condition     = var.access_log_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_log_bucket))
    error_message = "access_log_bucket: the name of a bucket, or null."
  }
}

variable "mirror_endpoint_id" {
  description = "S3 endpoint of the network that may read `mirror/` in the cache bucket without a signature; null: nobody."
  type        = string
  default     = null
  validation {
    condition     = var.mirror_endpoint_id == null || can(regex("^vpce-", var.mirror_endpoint_id))
    error_message = "mirror_endpoint_id: the id of a VPC endpoint, or null."
  }
}

variable "cloudfront" {
  description = "Whether CloudFront serves the results."
  type        = bool
  default     = false
  nullable    = false
}

variable "cloudfront_price_class" {
  description = "Where CloudFront answers: `PriceClass_100` (Europe, North America), `PriceClass_200` or `PriceClass_All`."
  type        = string
  default     = "PriceClass_100"
  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.cloudfront_price_class)
    error_message = "cloudfront_price_class: PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "cloudfront_key_group_ids" {
  description = "Key groups whose signed cookies or URLs readers need; empty: the address is enough."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.cloudfront_key_group_ids : length(id) > 0])
    error_message = "cloudfront_key_group_ids: ids of CloudFront key groups."
  }
}

variable "cloudfront_domain" {
  description = "Own name of the results' site, with `cloudfront_certificate_arn`."
  type        = string
  default     = null
  validation {
    condition     = var.cloudfront_domain == null || can(regex("^[a-z0-9][a-z0-9.-]*[.][a-z]{2,}$", var.cloudfront_domain))
    error_message = "cloudfront_domain: a host name such as results.example.org, or null."
  }
}

variable "cloudfront_certificate_arn" {
  description = "Certificate of that name in us-east-1; null: CloudFront's own name and certificate."
  type        = string
  default     = null
  validation {
    condition     = var.cloudfront_certificate_arn == null || (can(regex("^arn:[a-z-]+:acm:us-east-1:", var.cloudfront_certificate_arn)) && var.cloudfront_domain != null)
    error_message = "cloudfront_certificate_arn: the ARN of a certificate in us-east-1, together with cloudfront_domain; or null."
  }
}

variable "cloudfront_web_acl_arn" {
  description = "Web ACL (WAF, scope CLOUDFRONT) before the results; null for none."
  type        = string
  default     = null
  validation {
    condition     = var.cloudfront_web_acl_arn == null || can(regex("^arn:[a-z-]+:wafv2:us-east-1:", var.cloudfront_web_acl_arn))
    error_message = "cloudfront_web_acl_arn: the ARN of a web ACL in us-east-1, or null."
  }
}

variable "cloudfront_log_bucket_domain" {
  description = "Domain name of the bucket that takes CloudFront's logs (`bucket.s3.amazonaws.com`); null keeps none."
  type        = string
  default     = null
  validation {
    condition     = var.cloudfront_log_bucket_domain == null || can(regex("[.]s3[.].*amazonaws[.]com", var.cloudfront_log_bucket_domain))
    error_message = "cloudfront_log_bucket_domain: such as logs.s3.amazonaws.com, or null."
  }
}
