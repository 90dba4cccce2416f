mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_vpc" {
    defaults = { cidr_block = "10.9.0.0/16" }
  }
}

variables {
  name   = "quietway"
  region = "eu-central-1"
}

run "two_zones_and_one_nat" {
  command = plan
  assert {
    condition     = [for one in aws_subnet.private : one.cidr_block] == ["10.40.128.0/20", "10.40.144.0/20"] && [for one in aws_subnet.public : one.cidr_block] == ["10.40.0.0/20", "10.40.16.0/20"]
    error_message = "Sixteenths of the network."
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 2 && length(aws_vpc_endpoint.interface) == 0 && length(aws_vpc_endpoint.s3) == 1
    error_message = "Both zones by one gateway; S3 without it."
  }
  assert {
    condition     = alltrue([for one in aws_subnet.public : !one.map_public_ip_on_launch])
    error_message = "Nothing gets a public address unasked."
  }
}

run "a_nat_in_each_zone" {
  command = plan
  variables {
    zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    nat   = "per_zone"
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(aws_route.nat) == 3
    error_message = "A way out in each zone."
  }
}

run "no_way_out" {
  command = plan
  variables {
    nat       = "none"
    endpoints = true
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.nat) == 0 && join(",", sort([for name, _ in aws_vpc_endpoint.interface : name])) == "ecr.api,ecr.dkr,ecs,logs,secretsmanager,sqs"
    error_message = "Endpoints instead of NAT."
  }
}

run "your_own" {
  command = plan
  variables {
    existing = { vpc_id = "vpc-9", private_subnet_ids = ["subnet-1", "subnet-2"], public_subnet_ids = ["subnet-3", "subnet-4"] }
  }
  assert {
    condition     = length(aws_vpc.this) == 0 && length(aws_subnet.private) == 0 && length(aws_vpc_endpoint.s3) == 0 && output.vpc_id == "vpc-9" && output.vpc_cidr == "10.9.0.0/16"
    error_message = "Nothing is made in a network that is there."
  }
}

run "errors_are_told" {
  command = plan
  variables {
    name          = "9"
    region        = "Frankfurt"
    cidr          = "10.0.0.0/24"
    zones         = ["eu-central-1a"]
    nat           = "two"
    flow_log_days = 8
    existing      = { vpc_id = "x", private_subnet_ids = [], public_subnet_ids = [] }
  }
  expect_failures = [var.name, var.region, var.cidr, var.zones, var.nat, var.flow_log_days, var.existing]
}
