# What the buckets themselves allow and refuse; the rights of launcher and tasks stand at their roles.

data "aws_iam_policy_document" "bucket" {
  for_each = local.buckets

  statement {
    sid       = "OnlyEncrypted"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value.arn, "${each.value.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # Results by CloudFront, of this distribution only.
  dynamic "statement" {
    for_each = each.key == "results" && var.cloudfront ? [aws_cloudfront_distribution.results[0].arn] : []
    content {
      sid       = "CloudFrontMayReadRuns"
      actions   = ["s3:GetObject"]
      resources = ["${each.value.arn}/runs/*"]
      principals {
        type        = "Service"
        identifiers = ["cloudfront.amazonaws.com"]
      }
      condition {
        test     = "StringEquals"
        variable = "aws:SourceArn"
        values   = [statement.value]
      }
    }
  }

  # Source files that the operator mirrored: tasks read them by plain HTTPS as they would from the internet, and nobody outside the network can.
  dynamic "statement" {
    for_each = each.key == "cache" && var.mirror_endpoint_id != null ? [var.mirror_endpoint_id] : []
    content {
      sid       = "TheNetworkMayReadTheMirror"
      actions   = ["s3:GetObject"]
      resources = ["${each.value.arn}/mirror/*"]
      principals {
        type        = "AWS"
        identifiers = ["*"]
      }
      condition {
        test     = "StringEquals"
        variable = "aws:SourceVpce"
        values   = [statement.value]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each   = local.buckets
  bucket     = each.value.id
  policy     = data.aws_iam_policy_document.bucket[each.key].json
  depends_on = [aws_s3_bucket_public_access_block.this]
}
