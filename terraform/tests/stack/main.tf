# What scripts/test-aws applies to an emulator: `analysis`, `launcher` and `events` as the root module joins them, with parts of the old
# provider around them. The emulator starts tasks as real containers.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "3.39.0"
    }
  }
}

variable "endpoint" {
  description = "Address of the emulator, as this machine and containers reach it."
  type        = string
  validation {
    condition     = can(regex("^http://", var.endpoint))
    error_message = "endpoint: an http address."
  }
}

variable "database_url" {
  description = "PostgreSQL for the launcher, as containers reach it."
  type        = string
  sensitive   = true
  validation {
    condition     = startswith(var.database_url, "postgres://")
    error_message = "database_url: postgres://…"
  }
}

variable "database_certificate_authority" {
  description = "Certificates (PEM) that its server is verified with."
  type        = string
  validation {
    condition     = startswith(var.database_certificate_authority, "-----BEGIN CERTIFICATE-----")
    error_message = "database_certificate_authority: PEM text."
  }
}

variable "task_url" {
  description = "Address of the launcher, as tasks reach it."
  type        = string
  validation {
    condition     = can(regex("^http://", var.task_url))
    error_message = "task_url: an http address."
  }
}

variable "images" {
  description = "Images of both programs."
  type        = object({ analysis = string, launcher = string })
  validation {
    condition     = strcontains(var.images.analysis, ":") && strcontains(var.images.launcher, ":")
    error_message = "images: references with tags."
  }
}

variable "task_args" {
  description = "Arguments of every task."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arg in var.task_args : startswith(arg, "--")])
    error_message = "task_args: flags of quietway run."
  }
}

variable "settings" {
  description = "Further flags of the launcher."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name, _ in var.settings : can(regex("^[A-Z_]+$", name))])
    error_message = "settings: names of capitals and underscores."
  }
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
  s3_force_path_style         = true

  endpoints {
    acm              = var.endpoint
    cloudwatchevents = var.endpoint
    cloudwatchlogs   = var.endpoint
    ec2              = var.endpoint
    ecr              = var.endpoint
    ecs              = var.endpoint
    elb              = var.endpoint
    iam              = var.endpoint
    s3               = var.endpoint
    secretsmanager   = var.endpoint
    servicediscovery = var.endpoint
    sqs              = var.endpoint
    sts              = var.endpoint
  }
}

locals {
  name       = "quietway"
  region     = "us-east-1"
  account_id = "000000000000"
}

resource "aws_vpc" "this" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_subnet" "this" {
  count             = 2
  vpc_id            = aws_vpc.this.id
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, count.index)
  availability_zone = ["us-east-1a", "us-east-1b"][count.index]
}

resource "aws_s3_bucket" "results" {
  bucket        = "quietway-results"
  force_destroy = true
}

resource "aws_ecs_cluster" "this" {
  name = local.name
}

resource "aws_acm_certificate" "this" {
  domain_name       = "quietway.example.org"
  validation_method = "DNS"
}

resource "aws_secretsmanager_secret" "database" {
  name                    = "quietway/database-url"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = var.database_url
}

resource "aws_secretsmanager_secret" "launcher" {
  name                    = "quietway/launcher-secret"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "launcher" {
  secret_id     = aws_secretsmanager_secret.launcher.id
  secret_string = "a secret of the tests, long enough for a launcher"
}

module "analysis" {
  source             = "../../modules/analysis"
  name               = local.name
  region             = local.region
  account_id         = local.account_id
  vpc_id             = aws_vpc.this.id
  image              = var.images.analysis
  results_bucket_arn = aws_s3_bucket.results.arn
  environment        = local.emulated
}

module "events" {
  source      = "../../modules/events"
  name        = local.name
  cluster_arn = aws_ecs_cluster.this.arn
}

module "launcher" {
  source                         = "../../modules/launcher"
  name                           = local.name
  region                         = local.region
  account_id                     = local.account_id
  vpc_id                         = aws_vpc.this.id
  subnet_ids                     = aws_subnet.this[*].id
  public_subnet_ids              = aws_subnet.this[*].id
  certificate_arn                = aws_acm_certificate.this.arn
  deletion_protection            = false
  cluster_name                   = aws_ecs_cluster.this.name
  cluster_arn                    = aws_ecs_cluster.this.arn
  image                          = var.images.launcher
  results_bucket                 = aws_s3_bucket.results.bucket
  results_bucket_arn             = aws_s3_bucket.results.arn
  analysis                       = module.analysis.task
  task                           = { args = var.task_args }
  events_queue                   = { url = module.events.queue_url, arn = module.events.queue_arn }
  task_url                       = var.task_url
  settings                       = var.settings
  environment                    = local.emulated
  database_certificate_authority = var.database_certificate_authority
  secrets = {
    QUIETWAY_LAUNCHER_DATABASE = aws_secretsmanager_secret_version.database.arn
    QUIETWAY_LAUNCHER_SECRET   = aws_secretsmanager_secret_version.launcher.arn
  }
}

locals {
  # By an address that this machine knows too, so that links to results work on both sides.
  emulated = {
    AWS_ENDPOINT_URL_S3   = var.endpoint
    AWS_ACCESS_KEY_ID     = "test"
    AWS_SECRET_ACCESS_KEY = "test"
    AWS_REGION            = local.region
  }
}

# As the examples give it, so that the commands of the Deploy page work here as well.
output "quietway" {
  description = "Everything that the commands of the Deploy page need."
  value = {
    cluster                  = aws_ecs_cluster.this.name
    launcher_service         = module.launcher.service_name
    launcher_task_definition = module.launcher.task_definition_arn
    launcher_log_group       = module.launcher.log_group_name
    launcher_network         = "awsvpcConfiguration={subnets=[${join(",", aws_subnet.this[*].id)}],securityGroups=[${module.launcher.security_group_id}]}"
    queue_url                = module.events.queue_url
    results_bucket           = aws_s3_bucket.results.bucket
  }
}
