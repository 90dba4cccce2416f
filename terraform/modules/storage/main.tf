# Two buckets: results (boundaries, suites, runs), which must never be lost or public, and the cache of fetched source data, which may be
# emptied at any time. They are apart so that tasks can list the one without seeing the other.

locals {
  buckets = {
    results = aws_s3_bucket.results
    cache   = aws_s3_bucket.cache
  }
}

resource "aws_s3_bucket" "results" {
  bucket        = var.results_bucket
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket" "cache" {
  bucket        = var.cache_bucket
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = local.buckets
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets
  bucket   = each.value.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets
  bucket   = each.value.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      # CloudFront and anonymous readers of the mirror cannot use a key of KMS without more rights; the cache holds public data only.
      sse_algorithm     = each.key == "results" && var.kms_key_arn != null ? "aws:kms" : "AES256"
      kms_master_key_id = each.key == "results" ? var.kms_key_arn : null
    }
  }
}

resource "aws_s3_bucket_versioning" "results" {
  bucket = aws_s3_bucket.results.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "results" {
  bucket     = aws_s3_bucket.results.id
  depends_on = [aws_s3_bucket_versioning.results]

  # Which runs go is the launcher's decision; this clears what it deleted, and what broken uploads left.
  rule {
    id     = "deleted"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = var.deleted_days
    }
    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "broken-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "cache" {
  bucket = aws_s3_bucket.cache.id

  rule {
    id     = "old"
    status = "Enabled"
    filter {
      prefix = "cache/"
    }
    expiration {
      days = var.cache_days
    }
  }

  rule {
    id     = "broken-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
}

# The web map on another site reads tiles by ranges.
resource "aws_s3_bucket_cors_configuration" "results" {
  count  = length(var.map_origins) > 0 ? 1 : 0
  bucket = aws_s3_bucket.results.id
  cors_rule {
    allowed_methods = ["GET", "HEAD"]
    allowed_origins = var.map_origins
    allowed_headers = ["range", "if-match", "if-none-match"]
    expose_headers  = ["etag", "content-length", "content-range", "accept-ranges"]
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each      = var.access_log_bucket == null ? {} : local.buckets
  bucket        = each.value.id
  target_bucket = var.access_log_bucket
  target_prefix = "s3/${each.key}/"
}
