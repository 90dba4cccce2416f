# The least that works: one NAT gateway, a small database, no guard against deletion. For trying it out; `terraform destroy` removes all of it.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
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
  description = "Tag of both images."
  type        = string
  default     = "latest"
  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.image_tag))
    error_message = "image_tag: letters, digits, dots, hyphens and underscores."
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { project = "quietway" }
  }
}

module "quietway" {
  source              = "../.."
  domain_name         = var.domain_name
  zone_id             = var.zone_id
  images              = { tag = var.image_tag, mutability = "MUTABLE" }
  deletion_protection = false
  container_insights  = "disabled"
  network             = { flow_log_days = 0 }
  task                = { cpu = 2048, memory = 4096 }
}

output "quietway" {
  description = "Everything that the commands of the Deploy page need."
  value       = module.quietway
}
