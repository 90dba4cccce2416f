# On the copy that scripts/terraform/aged.py makes.
mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  domain_name     = "quietway.example.org"
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
}

run "no_way_out" {
  command = plan
  variables {
    mirror_only = true
    source_urls = { overpass = "https://overpass.example.org/api" }
  }
  assert {
    condition     = length(aws_route53_record.launcher) == 0 && length(aws_acm_certificate.launcher) == 0
    error_message = "Without a zone there is no record and no certificate."
  }
}

run "your_own_network_and_no_alarms" {
  command = plan
  variables {
    network          = { existing = { vpc_id = "vpc-9", private_subnet_ids = ["subnet-1", "subnet-2"], public_subnet_ids = ["subnet-3", "subnet-4"] } }
    launcher         = { autoscaling = { max = 5 } }
    results_database = {}
    cloudfront       = {}
  }
  assert {
    condition     = length(module.network.private_subnet_ids) == 2 && output.url == "https://quietway.example.org"
    error_message = "The rest is made in it."
  }
}

run "errors_are_told" {
  command = plan
  variables {
    name               = "Q"
    ingress_cidrs      = []
    task               = { storage_gib = 10 }
    launcher           = { replicas = 1 }
    source_urls        = { geofabrik = "http://plain" }
    alarm_emails       = ["nobody"]
    log_days           = 2
    database           = { instance_class = "small" }
    container_insights = "yes"
  }
  expect_failures = [var.name, var.ingress_cidrs, var.task, var.launcher, var.source_urls, var.alarm_emails, var.log_days, var.database, var.container_insights]
}

run "certificate_or_zone" {
  command = plan
  variables {
    certificate_arn = null
  }
  expect_failures = [var.certificate_arn]
}
