# For a service that others rely on: a NAT gateway in each of three zones, databases with a standby, everything encrypted with one key of
# your own, PostGIS, CloudFront, alarms, autoscaling, verified connections to the databases.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
  # State with a lock, in a bucket of its own: terraform init -backend-config=bucket=… -backend-config=region=…
  backend "s3" {
    key          = "quietway/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

variable "region" {
  description = "Region."
  type        = string
  default     = "us-east-1"
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region: the code of an AWS region, such as eu-central-1."
  }
}

variable "domain_name" {
  description = "Host name of the launcher."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]*[.][a-z]{2,}$", var.domain_name))
    error_message = "domain_name: a host name such as quietway.example.org."
  }
}

variable "zone_id" {
  description = "Route 53 zone of that name."
  type        = string
  validation {
    condition     = can(regex("^Z[A-Z0-9]+$", var.zone_id))
    error_message = "zone_id: the id of a Route 53 zone."
  }
}

variable "image_tag" {
  description = "Tag of both images: a release."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.image_tag))
    error_message = "image_tag: letters, digits, dots, hyphens and underscores."
  }
}

variable "rds_certificates" {
  description = "File with the certificates of the region's RDS authority, from the RDS documentation (`<region>-bundle.pem`)."
  type        = string
  validation {
    condition     = fileexists(var.rds_certificates)
    error_message = "rds_certificates: there is no such file; fetch <region>-bundle.pem, which the page \"Using SSL/TLS to encrypt a connection\" of the RDS documentation links."
  }
}

variable "alarm_emails" {
  description = "Who gets alarms by mail."
  type        = list(string)
  validation {
    condition     = length(var.alarm_emails) > 0
    error_message = "alarm_emails: one address at least; nobody would know."
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { project = "quietway", environment = "production" }
  }
}

data "aws_caller_identity" "current" {}

# One key for everything that is kept. Services of this region use it on behalf of this account only.
data "aws_iam_policy_document" "key" {
  # Rights to the key are given like all others, by policies of roles.
  statement {
    sid       = "TheAccountGivesRights"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
  statement {
    sid       = "ServicesEncryptAndDecrypt"
    actions   = ["kms:Decrypt", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com", "events.amazonaws.com", "cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
  statement {
    sid       = "CloudFrontReadsResults"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:aws:cloudfront::${data.aws_caller_identity.current.account_id}:distribution/*"]
    }
  }
}

resource "aws_kms_key" "quietway" {
  description         = "Quietway"
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
}

module "quietway" {
  source                         = "../.."
  domain_name                    = var.domain_name
  zone_id                        = var.zone_id
  images                         = { tag = var.image_tag }
  kms_key_arn                    = aws_kms_key.quietway.arn
  database_certificate_authority = file(var.rds_certificates)
  alarm_emails                   = var.alarm_emails
  container_insights             = "enhanced"
  log_days                       = 365
  cloudfront                     = {}
  network = {
    zones         = ["${var.region}a", "${var.region}b", "${var.region}c"]
    nat           = "per_zone"
    endpoints     = true
    flow_log_days = 365
  }
  launcher = {
    replicas    = 3
    cpu         = 1024
    memory      = 2048
    autoscaling = { max = 9 }
    settings    = { KEEP = "10", MAX_TASKS = "50" }
  }
  task             = { cpu = 8192, memory = 16384, storage_gib = 100 }
  database         = { instance_class = "db.t4g.medium", multi_az = true, backup_days = 30, performance_insights = true }
  results_database = { instance_class = "db.m7g.large", multi_az = true, backup_days = 30 }
}

output "quietway" {
  description = "Everything that the commands of the Deploy page need."
  value       = module.quietway
}
